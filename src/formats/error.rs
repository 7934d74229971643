//! Why a file cannot be read, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// `Display` is English, [`FormatError::zh`] the same in Chinese. What the library underneath said is the source of the error.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    #[error("{path}: cannot be opened; check that it is there and may be read", path = path.display())]
    Open {
        path: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error(
        "{path}: not a format this service reads; give GeoJSON, Shapefile, GeoPackage, FileGDB, DXF, KML, GML, FlatGeobuf, TopoJSON, OSM, CSV or a workbook",
        path = path.display()
    )]
    Unknown { path: PathBuf },
    #[error("{path}: {what} is more than the limit of {limit}; split the file, or raise the limit if you trust it", path = path.display())]
    TooLarge { path: PathBuf, what: String, limit: u64 },
    #[error("{path}: {part} is missing; put it beside the file, all parts of a Shapefile belong together", path = path.display())]
    MissingPart { path: PathBuf, part: String },
    #[error("{path}: {layer}: damaged or incomplete: {what}; get the file again from where it came from", path = path.display())]
    Damaged {
        path: PathBuf,
        layer: String,
        what: String,
        #[source]
        cause: Option<Cause>,
    },
    #[error("{path}: {}; name one of: {}", wanted.as_ref().map_or("it has several layers".to_owned(), |name| format!("it has no layer {name:?}")), known.join(", "), path = path.display())]
    NoLayer { path: PathBuf, wanted: Option<String>, known: Vec<String> },
    #[error("{path}: there is no column {column:?}; there are: {}", known.join(", "), path = path.display())]
    NoColumn { path: PathBuf, column: String, known: Vec<String> },
    #[error("{path}: encoding {encoding:?} is not known; use utf-8, gb18030, big5 or windows-1252", path = path.display())]
    Encoding { path: PathBuf, encoding: String },
}

/// What a library said.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Cause(pub String);

impl FormatError {
    /// The message in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Open { path, .. } => format!("{}:无法打开,请检查文件是否存在、是否可读", path.display()),
            Self::Unknown { path } => format!(
                "{}:不支持的格式;请提供 GeoJSON、Shapefile、GeoPackage、FileGDB、DXF、KML、GML、FlatGeobuf、TopoJSON、OSM、CSV 或电子表格",
                path.display()
            ),
            Self::TooLarge { path, what, limit } => format!("{}:{what} 超过上限 {limit};请拆分文件,确信无误时可提高上限", path.display()),
            Self::MissingPart { path, part } => format!("{}:缺少 {part};Shapefile 的各个文件须放在一起", path.display()),
            Self::Damaged { path, layer, what, .. } => format!("{}:{layer}:文件损坏或不完整({what});请重新获取", path.display()),
            Self::NoLayer { path, wanted: Some(name), known } => format!("{}:没有图层“{name}”;可选:{}", path.display(), known.join("、")),
            Self::NoLayer { path, wanted: None, known } => format!("{}:含有多个图层,请指定其一:{}", path.display(), known.join("、")),
            Self::NoColumn { path, column, known } => format!("{}:没有列“{column}”;现有:{}", path.display(), known.join("、")),
            Self::Encoding { path, encoding } => {
                format!("{}:不认识的编码“{encoding}”;请用 utf-8、gb18030、big5 或 windows-1252", path.display())
            }
        }
    }

    pub(super) fn damaged(path: &Path, layer: &str, what: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), layer: layer.to_owned(), what: what.into(), cause: None }
    }

    /// An input error while reading: a limit that was hit, a broken archive, or the disk.
    pub(super) fn reading(path: &Path, layer: &str, error: io::Error) -> Self {
        if let Some(hit) = error.get_ref().and_then(|inner| inner.downcast_ref::<LimitHit>()) {
            return Self::TooLarge { path: path.to_owned(), what: hit.what.to_owned(), limit: hit.limit };
        }
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => Self::Damaged {
                path: path.to_owned(),
                layer: layer.to_owned(),
                what: "it ends early or is not what its name says".to_owned(),
                cause: Some(Cause(error.to_string())),
            },
            _ => Self::Open { path: path.to_owned(), cause: error },
        }
    }
}

/// Carried through `io::Error` by the readers that count.
#[derive(Debug, thiserror::Error)]
#[error("{what} is more than {limit}")]
pub(super) struct LimitHit {
    pub what: &'static str,
    pub limit: u64,
}
