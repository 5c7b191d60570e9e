/* imr.xlsx: a workbook for spreadsheets, through libxlsxwriter. It is built where that library's headers are.

   Rows are written in order and go to a temporary file at once, so that memory stays flat. What a cell means,
   and whether a text has to be escaped, is Lua's to decide. */
#include "base/class.h"
#include "base/compat.h"
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <xlsxwriter.h>

#define WORKBOOK "imr.xlsx.workbook"

/* More kinds of cells than a table for people needs. */
enum { MOST_FORMATS = 64 };

typedef struct {
  lxw_workbook *book; /* NULL: closed */
  lxw_worksheet *sheet;
  lxw_format *formats[MOST_FORMATS];
  int count;
} workbook;

IMR_EXPORT int luaopen_imr_xlsx(lua_State *L);

static workbook *check_open(lua_State *L) {
  workbook *own = luaL_checkudata(L, 1, WORKBOOK);
  if (own->book == NULL) luaL_error(L, "the workbook is closed");
  return own;
}

static lxw_worksheet *check_sheet(lua_State *L, workbook *own) {
  if (own->sheet == NULL) luaL_error(L, "the workbook has no sheet yet: workbook:sheet(name) adds one");
  return own->sheet;
}

static int result(lua_State *L, lxw_error error) {
  if (error == LXW_NO_ERROR) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, lxw_strerror(error));
  return 2;
}

static lxw_row_t check_row(lua_State *L, int index) {
  lua_Integer row = luaL_checkinteger(L, index);
  luaL_argcheck(L, row >= 0 && row < LXW_ROW_MAX, index, "a sheet has 1,048,576 rows");
  return (lxw_row_t)row;
}

static lxw_col_t check_column(lua_State *L, int index) {
  lua_Integer column = luaL_checkinteger(L, index);
  luaL_argcheck(L, column >= 0 && column < LXW_COL_MAX, index, "a sheet has 16,384 columns");
  return (lxw_col_t)column;
}

typedef struct {
  workbook *book;
  lxw_worksheet *sheet;
  lxw_row_t row;
  lxw_col_t column;
} cell;

/* The cell that is named by the arguments from 2 on, of the sheet that was added last. */
static cell check_cell(lua_State *L) {
  cell at = {.book = check_open(L)};
  at.sheet = check_sheet(L, at.book);
  at.row = check_row(L, 2);
  at.column = check_column(L, 3);
  return at;
}

/* What format() returned, or nothing. */
static lxw_format *check_format(lua_State *L, workbook *own, int index) {
  if (lua_isnoneornil(L, index)) return NULL;
  lua_Integer number = luaL_checkinteger(L, index);
  luaL_argcheck(L, number >= 1 && number <= own->count, index, "what workbook:format() returned expected");
  return own->formats[number - 1];
}

/*** Adds a sheet; cells go to the one that was added last.
@function workbook:sheet
@tparam string name at most 31 characters, without []:*?/ and backslash
@treturn boolean|nil ok
@treturn string|nil why not */
static int workbook_sheet(lua_State *L) {
  workbook *own = check_open(L);
  const char *name = luaL_checkstring(L, 2);
  lxw_error error = workbook_validate_sheet_name(own->book, name);
  if (error == LXW_NO_ERROR) {
    own->sheet = workbook_add_worksheet(own->book, name);
    if (own->sheet == NULL) error = LXW_ERROR_MEMORY_MALLOC_FAILED;
  }
  return result(L, error);
}

/*** Makes a format for cells.
@function workbook:format
@tparam ?string pattern of numbers and dates, as a spreadsheet writes it: "0.00", "yyyy-mm-dd"
@tparam ?boolean bold
@treturn integer format */
static int workbook_format(lua_State *L) {
  workbook *own = check_open(L);
  const char *pattern = luaL_optstring(L, 2, NULL);
  if (own->count == MOST_FORMATS) return luaL_error(L, "a workbook has at most %d formats", MOST_FORMATS);
  lxw_format *format = workbook_add_format(own->book);
  if (format == NULL) return luaL_error(L, "not enough memory");
  if (pattern != NULL) format_set_num_format(format, pattern);
  if (lua_toboolean(L, 3)) format_set_bold(format);
  own->formats[own->count++] = format;
  imr_push_integer(L, own->count);
  return 1;
}

/*** Writes a text into a cell. Rows come in order.
@function workbook:text
@tparam integer row from 0 on
@tparam integer column from 0 on
@tparam string text UTF-8 that XML can hold, at most 32,767 characters
@tparam ?integer format
@treturn boolean|nil ok
@treturn string|nil why not */
static int workbook_text(lua_State *L) {
  cell at = check_cell(L);
  const char *text = luaL_checkstring(L, 4);
  lxw_format *format = check_format(L, at.book, 5);
  return result(L, worksheet_write_string(at.sheet, at.row, at.column, text, format));
}

/* A workbook has neither infinity nor NaN. */
static double check_finite(lua_State *L, int index) {
  double number = luaL_checknumber(L, index);
  luaL_argcheck(L, number - number == 0, index, "a finite number expected");
  return number;
}

/*** Writes a number into a cell.
@function workbook:number
@tparam integer row from 0 on
@tparam integer column from 0 on
@tparam number number
@tparam ?integer format
@treturn boolean|nil ok
@treturn string|nil why not */
static int workbook_number(lua_State *L) {
  cell at = check_cell(L);
  double number = check_finite(L, 4);
  lxw_format *format = check_format(L, at.book, 5);
  return result(L, worksheet_write_number(at.sheet, at.row, at.column, number, format));
}

/*** Writes a formula into a cell, and what it comes to for those who do not compute.
@function workbook:formula
@tparam integer row from 0 on
@tparam integer column from 0 on
@tparam string formula such as =SUM(A2:A9)
@tparam number number
@tparam ?integer format
@treturn boolean|nil ok
@treturn string|nil why not */
static int workbook_formula(lua_State *L) {
  cell at = check_cell(L);
  const char *formula = luaL_checkstring(L, 4);
  double number = check_finite(L, 5);
  lxw_format *format = check_format(L, at.book, 6);
  return result(L, worksheet_write_formula_num(at.sheet, at.row, at.column, formula, format, number));
}

/*** Sets how wide a column is. Before the sheet's first row.
@function workbook:width
@tparam integer column from 0 on
@tparam number width in characters
@treturn boolean|nil ok
@treturn string|nil why not */
static int workbook_width(lua_State *L) {
  workbook *own = check_open(L);
  lxw_worksheet *sheet = check_sheet(L, own);
  lxw_col_t column = check_column(L, 2);
  double width = luaL_checknumber(L, 3);
  luaL_argcheck(L, width >= 0 && width <= 255, 3, "0 to 255 characters expected");
  return result(L, worksheet_set_column(sheet, column, column, width, NULL));
}

/*** Keeps the sheet's first rows in sight while the others are scrolled.
@function workbook:freeze
@tparam integer rows */
static int workbook_freeze(lua_State *L) {
  workbook *own = check_open(L);
  worksheet_freeze_panes(check_sheet(L, own), check_row(L, 2), 0);
  return 0;
}

/*** Gives the columns a filter.
@function workbook:filter
@tparam integer row of the headings
@tparam integer last row
@tparam integer column the last one
@treturn boolean|nil ok
@treturn string|nil why not */
static int workbook_filter(lua_State *L) {
  workbook *own = check_open(L);
  lxw_worksheet *sheet = check_sheet(L, own);
  return result(L, worksheet_autofilter(sheet, check_row(L, 2), 0, check_row(L, 3), check_column(L, 4)));
}

static lxw_error close_book(workbook *own) {
  lxw_workbook *book = own->book;
  own->book = NULL;
  own->sheet = NULL;
  return book == NULL ? LXW_NO_ERROR : workbook_close(book);
}

/*** Writes the file. A workbook that nobody closes is written when it is collected.
@function workbook:close
@treturn boolean|nil ok
@treturn string|nil why not */
static int workbook_close_now(lua_State *L) {
  workbook *own = luaL_checkudata(L, 1, WORKBOOK);
  errno = 0;
  lxw_error error = close_book(own);
  if (error == LXW_NO_ERROR || errno == 0) return result(L, error);
  lua_pushnil(L);
  lua_pushfstring(L, "%s %s", lxw_strerror(error), strerror(errno));
  return 2;
}

static int workbook_gc(lua_State *L) {
  close_book(luaL_checkudata(L, 1, WORKBOOK));
  return 0;
}

/*** Begins a workbook; its file is written by close().
@function create
@tparam string path
@treturn workbook */
static int create(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  workbook *own = lua_newuserdata(L, sizeof *own);
  memset(own, 0, sizeof *own);
  luaL_setmetatable(L, WORKBOOK);
  lxw_workbook_options options = {.constant_memory = LXW_TRUE};
  own->book = workbook_new_opt(path, &options);
  if (own->book == NULL) return luaL_error(L, "not enough memory");
  return 1;
}

int luaopen_imr_xlsx(lua_State *L) {
  static const luaL_Reg methods[] = {{"sheet", workbook_sheet},     {"format", workbook_format},
                                     {"text", workbook_text},       {"number", workbook_number},
                                     {"formula", workbook_formula}, {"width", workbook_width},
                                     {"freeze", workbook_freeze},   {"filter", workbook_filter},
                                     {"close", workbook_close_now}, {NULL, NULL}};
  imr_new_class(L, WORKBOOK, methods, workbook_gc);
  lua_newtable(L);
  lua_pushcfunction(L, create);
  lua_setfield(L, -2, "create");
  return 1;
}
