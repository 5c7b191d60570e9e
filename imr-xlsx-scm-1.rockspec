rockspec_format = "3.0"
package = "imr-xlsx"
version = "scm-1"

source = { url = "file://." }

description = {
  summary = "Workbooks for spreadsheets, for the program imr",
  detailed = "What `imr --format xlsx` needs beside the rock imr: a small binding of libxlsxwriter.",
  license = "MIT",
  labels = { "metering", "xlsx" },
}

supported_platforms = { "linux" }

dependencies = { "lua >= 5.1, < 5.5" }

external_dependencies = {
  XLSXWRITER = { header = "xlsxwriter.h", library = "xlsxwriter" },
}

build = {
  type = "builtin",
  modules = {
    ["imr.xlsx"] = {
      sources = { "csrc/xlsx/xlsx.c" },
      libraries = { "xlsxwriter" },
      incdirs = { "csrc", "$(XLSXWRITER_INCDIR)" },
      libdirs = { "$(XLSXWRITER_LIBDIR)" },
    },
  },
}
