-- What `imr help config` says; in English it stands with that command.

return [[
命令行选项优先于环境变量，环境变量优先于配置文件，配置文件优先于 `imr login` 保存的内容。

  选项              环境变量            文件中
  --base-url        IMR_BASE_URL        base_url
  --username        IMR_USERNAME        username
                    IMR_PASSWORD        password
  --password-file   IMR_PASSWORD_FILE   password_file
  --store           IMR_STORE           store
  --profile         IMR_PROFILE         profile
  --language        IMR_LANGUAGE        language
  --db              IMR_DB
  --ledger          IMR_LEDGER
  --protected @FILE IMR_PROTECTED       （文件名；两者都有效）

密码不能写成选项：本机的其他人可以看到进程的参数。

配置文件为 %s（权限 0600；他人可读时拒绝使用）。
它是返回一个表的 Lua，不能调用任何函数：

  return {
    username = "building-7", password_file = "/run/secrets/imr",
    base_url = "https://meters.example.com",
    store = "file",            -- 或 "/a/directory"、"memory"、"redis://HOST"
    interval = 2, timeout = 30, retries = 4, utc_offset = "+08:00",
    language = "zh",           -- 或 "en"；默认取自 LANG
    quality = { without = { "zeros" }, spike = { factor = 10 } }, -- 用于 `imr check`
    supply = { approval = 2 }, -- `imr supply`：计划须经另一位用户批准
    profiles = {
      north = { username = "building-8", password_file = "/run/secrets/imr-north" },
    },
  }

`--profile north` 把该 profile 叠加在其余设置之上。

存储可以是 `file`（$XDG_STATE_HOME/imr 或 ~/.local/state/imr）、带斜杠的目录、`memory` 或 Redis：

  redis://HOST   redis://:PASSWORD@HOST:6379/0   rediss://USER:PASSWORD@HOST   redis+unix:///run/redis/redis.sock

rediss:// 使用 TLS。/0 是数据库编号。? 之后可写 db、prefix（键的前缀）、timeout（秒）、ca_file（用于 rediss://）和
fallback=memory，以 & 连接。其他协议名和其他词都是错误。

数据库（--db、IMR_DB、--ledger）可以是文件、sqlite:FILE 或 postgres://USER:PASSWORD@HOST:PORT/NAME?sslmode=require。
文件名就是文件名：SQLite 自己的 file:NAME?mode=… 和 :memory: 不予接受。
]]
