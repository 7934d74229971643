//! The options of every command, as `interface.md` names them.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Which database to use.
#[derive(Args, Clone, Debug)]
pub struct DatabaseArgs {
    /// 数据目录，内有私有数据库 / Data folder; holds the private database
    #[arg(long, value_name = "DIR", env = "YUTU_DATA_DIR", default_value = "var")]
    pub data_dir: PathBuf,
    /// 改用这个 PostGIS（也可用 DATABASE_URL）/ Use this PostGIS instead (also DATABASE_URL)
    #[arg(long, value_name = "URL", env = "YUTU_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// 城市包目录 / Folder of the city pack
    #[arg(long, value_name = "DIR", env = "YUTU_CITY", default_value = "data/cities/demo")]
    pub city: PathBuf,
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// 监听地址 / Address to listen on
    #[arg(long, value_name = "ADDR", env = "YUTU_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: std::net::SocketAddr,
    /// 日志格式 / Log format
    #[arg(long, value_name = "FORMAT", env = "YUTU_LOG_FORMAT", default_value = "text")]
    pub log_format: crate::telemetry::LogFormat,
    /// 底图说明（TOML：kind、url、attribution 等），默认无 / Base map description (TOML: kind, url, attribution ...), none by default
    #[arg(long, value_name = "FILE", env = "YUTU_BASE_MAP")]
    pub base_map: Option<PathBuf>,
    /// 仅经 HTTPS 发送登录 Cookie / Send login cookies over HTTPS only
    #[arg(long, env = "YUTU_SECURE_COOKIES")]
    pub secure_cookies: bool,
    /// 瓦片缓存上限，单位 MB / Most memory for finished tiles, MB
    #[arg(long, value_name = "MB", env = "YUTU_TILE_CACHE_MB", default_value_t = 256)]
    pub tile_cache_mb: u32,
}

#[derive(Args, Clone, Debug)]
pub struct ImportArgs {
    /// 源文件所在的文件夹 / Folder with the source files
    pub source: PathBuf,
    /// 城市包目录 / Folder of the city pack
    #[arg(long, value_name = "DIR", env = "YUTU_CITY", default_value = "data/cities/demo")]
    pub city: PathBuf,
    /// 只导入这些配置（可重复）/ Only these profiles (repeatable)
    #[arg(long, value_name = "NAME")]
    pub profile: Vec<String>,
    /// 只检查，不写入 / Check only, write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// 把问题写成 GeoJSON / Write the defects as GeoJSON
    #[arg(long, value_name = "FILE.geojson")]
    pub report: Option<PathBuf>,
    /// 本版数据自何日起有效 / The day from which this edition holds
    #[arg(long, value_name = "DATE")]
    pub valid_from: Option<chrono::NaiveDate>,
    /// 允许全量交付结束一个图层两成以上的要素 / Let a full delivery end more than 20 % of a layer
    #[arg(long)]
    pub allow_ends: bool,
    /// 以 JSON 输出 / Machine output
    #[arg(long)]
    pub json: bool,
    /// 即使文件已读过也重新比较 / Read and compare even what was read before
    #[arg(long)]
    pub force: bool,
    /// 工作坐标系，仅用于 crs = "auto" 的城市包 / Working system, for packs with crs = "auto"
    #[arg(long, value_name = "EPSG:n")]
    pub crs: Option<String>,
    #[command(flatten)]
    pub database: DatabaseArgs,
}

#[derive(Args, Clone, Debug)]
#[command(
    override_usage = "yutu export [OPTIONS] <LAYER> <FILE>\n       yutu export [OPTIONS] tiles <FILE.pmtiles>",
    after_help = "图层 / Layers: divisions zoning parcels control_areas roads buildings permits permit_footprints boundary_lines boundary_markers \
                  place_names door_plates\n格式 / Formats: .gpkg GeoPackage, .fgb FlatGeobuf, .geojson, .csv, .shp Shapefile; tiles: .pmtiles"
)]
pub struct ExportArgs {
    /// 图层名；tiles 为公众所见的整套瓦片（PMTiles） / A layer; or `tiles`, the whole map as the public sees it (PMTiles)
    #[arg(value_name = "LAYER|tiles")]
    pub what: String,
    /// 要写的文件 / The file to write
    pub file: PathBuf,
    /// 城市包目录 / Folder of the city pack
    #[arg(long, value_name = "DIR", env = "YUTU_CITY", default_value = "data/cities/demo")]
    pub city: PathBuf,
    /// 覆盖已有文件 / Replace a file that is there
    #[arg(long)]
    pub force: bool,
    /// 以 JSON 输出 / Machine output
    #[arg(long)]
    pub json: bool,
    /// 格式，默认由扩展名决定：gpkg、fgb、geojson、csv、shp / Format, by default as the ending says
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// 坐标系，默认为工作坐标系，GeoJSON 为 WGS 84 / Coordinate system; by default the working system, WGS 84 for GeoJSON
    #[arg(long, value_name = "EPSG:n")]
    pub crs: Option<String>,
    /// 在这一天（或时刻）有效的内容，默认今天 / As it held on this day (or time of that day); today by default
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// 截至这一时刻（或当日终了）的登记，默认现在 / As the register knew it at this time (or the end of this day); now by default
    #[arg(long, value_name = "TIME")]
    pub recorded_at: Option<String>,
    /// 只含公众可见的内容：位置精度与隐藏字段按城市包 / Only what the public sees: precision and hidden fields of the pack
    #[arg(long)]
    pub public: bool,
    /// 瓦片图层，如瓦片网址所写，默认全部 / Tile layers as in tile URLs, all by default
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub layers: Vec<String>,
    /// 最小缩放级别，默认 0 / Smallest zoom, 0 by default
    #[arg(long, value_name = "N")]
    pub min_zoom: Option<u8>,
    /// 最大缩放级别，默认 16 / Largest zoom, 16 by default
    #[arg(long, value_name = "N")]
    pub max_zoom: Option<u8>,
    #[command(flatten)]
    pub database: DatabaseArgs,
}

#[derive(Args, Clone, Debug)]
#[command(
    after_help = "每行原样写出，其后加上 yutu_ 各列：结果、坐标、把握（A 完全相符，B 一处不同，C 需人工核对，空为未找到）和不同之处。\n\
                        Each row is written as it was, with columns yutu_... behind it: the place, its position, how sure it is (A: as written, B: one thing differs, C: somebody has to look, empty: not found) and what differs."
)]
pub struct GeocodeArgs {
    /// 表格（CSV），- 为标准输入 / The table (CSV); - is standard input
    pub table: PathBuf,
    /// 要写的文件，默认为标准输出 / The file to write; standard output by default
    pub out: Option<PathBuf>,
    /// 地址所在的列：列名或序号，可重复 / The column with the address, by heading or number (repeatable)
    #[arg(long, value_name = "NAME|N")]
    pub column: Vec<String>,
    /// 第一行不是表头 / The first row is no heading
    #[arg(long)]
    pub no_heading: bool,
    /// 编码：utf-8、gb18030、big5 等，默认自行判断 / Encoding, found out by default
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// 分隔符：comma、semicolon、tab、pipe，默认自行判断 / Separator, found out by default
    #[arg(long, value_name = "NAME")]
    pub separator: Option<String>,
    /// 说明文字的语言：zh 或 en / Language of labels and notes: zh or en
    #[arg(long, value_name = "zh|en", default_value = "zh", value_parser = ["zh", "en"])]
    pub lang: String,
    /// 只在这些图层中找 / Look in these layers only
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub layers: Vec<String>,
    /// 只在这个区划中找：代码或名称 / Look in this division only: code or name
    #[arg(long, value_name = "DIVISION")]
    pub division: Option<String>,
    /// 覆盖已有文件 / Replace a file that is there
    #[arg(long)]
    pub force: bool,
    /// 以 JSON 在标准错误上输出统计 / Counts as JSON, on standard error
    #[arg(long)]
    pub json: bool,
    /// 城市包目录 / Folder of the city pack
    #[arg(long, value_name = "DIR", env = "YUTU_CITY", default_value = "data/cities/demo")]
    pub city: PathBuf,
    #[command(flatten)]
    pub database: DatabaseArgs,
}

#[derive(Args, Clone, Debug)]
pub struct BackupArgs {
    /// 备份文件 / The file to write
    pub file: PathBuf,
    #[command(flatten)]
    pub database: DatabaseArgs,
}

#[derive(Args, Clone, Debug)]
pub struct RestoreArgs {
    /// 备份文件 / The backup to read
    pub file: PathBuf,
    /// 成功后立即删除原数据库，不再保留 / Drop the former database at once instead of keeping it
    #[arg(long)]
    pub drop_former: bool,
    #[command(flatten)]
    pub database: DatabaseArgs,
}

#[derive(Args, Clone, Debug)]
pub struct DemoArgs {
    /// 输出文件夹 / Folder to write
    pub out_dir: PathBuf,
    /// 随机种子：相同种子，相同字节 / Same seed, same bytes
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// 区数，1 至 1600，每区约 1.1 万门牌 / Districts, 1 to 1600, some 11,000 door plates each
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub scale: u32,
}

#[derive(Args, Clone, Debug)]
pub struct UserArgs {
    #[command(subcommand)]
    pub command: UserCommand,
    #[command(flatten)]
    pub database: DatabaseArgs,
}

#[derive(Clone, Debug, Subcommand)]
pub enum UserCommand {
    /// 新增用户，密码从标准输入读取 / Add a user; the password is read from standard input
    Add {
        name: String,
        /// 角色 / Role: clerk, name_officer, planner, reviewer, supervisor, admin
        #[arg(long)]
        role: String,
    },
    /// 列出用户 / List the users
    List,
    /// 停用用户 / Disable a user
    Disable { name: String },
}

#[derive(Args, Clone, Debug)]
pub struct PsqlArgs {
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// 交给 psql 的参数 / Arguments for psql
    #[arg(last = true, value_name = "ARGS")]
    pub args: Vec<std::ffi::OsString>,
}
