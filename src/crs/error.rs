//! What can be wrong with a coordinate system or with coordinates.

/// `Display` is English, [`CrsError::zh`] the same in Chinese.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CrsError {
    #[error(
        "coordinate system {definition:?} cannot be read ({reason}); give an EPSG code such as EPSG:4549, WKT, PROJ text, GCJ-02 or BD-09"
    )]
    Unknown { definition: String, reason: String },
    #[error("coordinate system {name} cannot be used: {reason}")]
    Unsupported { name: String, reason: String },
    #[error(
        "coordinate system {name} ({datum}) has no published relation to CGCS2000 or WGS 84; without local parameters positions would be off by tens of metres. Give PROJ text with the 3 or 7 parameters of the city, such as: {proj4} +towgs84=dx,dy,dz,rx,ry,rz,scale_ppm; or convert the file to CGCS2000 first"
    )]
    NeedsParameters { name: String, datum: String, proj4: String },
    #[error(
        "{name} cannot be the working coordinate system: {reason}; choose a projected system in metres, such as EPSG:4549 (CGCS2000, 3-degree zone, central meridian 120°E)"
    )]
    NotWorking { name: String, reason: &'static str },
    /// The point is as it was given, in the system it was given in.
    #[error("the point {x}, {y} is not in the reach of {name}: {reason}", x = point[0], y = point[1])]
    OutOfRange { point: [f64; 2], name: String, reason: &'static str },
    #[error("the point {x}, {y} cannot be transformed from {from} to {to}: {reason}", x = point[0], y = point[1])]
    Transform { point: [f64; 2], from: String, to: String, reason: String },
}

impl CrsError {
    /// The message in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Unknown { definition, reason } => {
                format!("无法识别坐标系“{definition}”({reason});请给出 EPSG 代码(如 EPSG:4549)、WKT、PROJ 文本、GCJ-02 或 BD-09")
            }
            Self::Unsupported { name, reason } => format!("不能使用坐标系 {name}:{reason}"),
            Self::NeedsParameters { name, datum, proj4 } => format!(
                "坐标系 {name}({datum})与 CGCS2000、WGS 84 之间没有公开的转换参数,直接转换会偏差数十米以上。请给出带本地三参数或七参数的 PROJ 文本,例如:{proj4} +towgs84=dx,dy,dz,rx,ry,rz,scale_ppm;或先把文件转换到 CGCS2000"
            ),
            Self::NotWorking { name, .. } => {
                format!("{name} 不能作为工作坐标系:须为以米为单位的投影坐标系,如 EPSG:4549(CGCS2000 三度带,中央子午线 120°E)")
            }
            Self::OutOfRange { point: [x, y], name, .. } => format!("点 {x}, {y} 超出 {name} 的适用范围"),
            Self::Transform { point: [x, y], from, to, reason } => format!("点 {x}, {y} 无法从 {from} 转换到 {to}:{reason}"),
        }
    }
}
