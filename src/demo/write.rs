//! The demo city as files: a GeoJSON FeatureCollection per layer, metres in EPSG:4549, and a README.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::{Breach, Feature, Sink, Summary, generate};
use crate::domain::Layer;

/// Writes `<layer>.geojson` for each layer and `README.md` into `out_dir`, which is made if missing; files there are replaced.
///
/// # Errors
/// A `scale` out of range, and what the file system reports.
pub fn write(out_dir: &Path, seed: u64, scale: u32) -> io::Result<Summary> {
    fs::create_dir_all(out_dir)?;
    let mut files = BTreeMap::new();
    for layer in Layer::ALL {
        let mut file = BufWriter::new(File::create(out_dir.join(format!("{layer}.geojson")))?);
        write!(
            file,
            r#"{{"type":"FeatureCollection","name":"{layer}","crs":{{"type":"name","properties":{{"name":"urn:ogc:def:crs:EPSG::4549"}}}},"features":["#
        )?;
        files.insert(layer, (file, false));
    }
    let readme = BufWriter::new(File::create(out_dir.join("README.md"))?);
    let mut files = Files { files, readme, text: String::new() };
    files.readme.write_all(HEAD.as_bytes())?;
    let summary = generate(seed, scale, &mut files)?;
    for (file, _) in files.files.values_mut() {
        file.write_all(b"\n]}\n")?;
        file.flush()?;
    }
    let readme = &mut files.readme;
    writeln!(
        readme,
        "\n## 图层 Layers\n\n种子 seed {seed},规模 scale {scale}\n\n| 文件 file | 图层 layer | 数量 features |\n|---|---|---|"
    )?;
    for layer in Layer::ALL {
        let count = summary.features.get(&layer).copied().unwrap_or_default();
        writeln!(readme, "| {layer}.geojson | {} {} | {count} |", layer.title().zh, layer.title().en)?;
    }
    readme.flush()?;
    Ok(summary)
}

/// What stands above the list of breaches.
const HEAD: &str = "# 虚构演示城市 Fictional demo city

`yutu demo` 生成;地名、编码、单位、案件均为虚构,与任何真实地方无关。坐标系 EPSG:4549(米,x 东 y 北),位于海上。许可:CC0-1.0。
Made by `yutu demo`; every name, code, firm and case is invented and stands for no real place. Coordinates are EPSG:4549 (metres, x east, y north), at sea. Licence: CC0-1.0.

门牌编号规则:东西向道路自东端起编,南北向道路自南端起编;沿编号方向左单右双;一门一号,每 40 米无门沿街预留一号;后开的门编为「n-1号」。
Numbering: east-west roads from their east end, north-south roads from their south end; odd on the left, even on the right; one number per door, one held in reserve for each 40 m without a door; a later door takes `n-1`.

## 故意设置的违规许可 Permits in breach on purpose

除下列案件外,其余案件均符合规划。All other cases comply with the plan.

| 案件 case | 违反的规则 rules broken | 原因 | why |
|---|---|---|---|
";

struct Files {
    files: BTreeMap<Layer, (BufWriter<File>, bool)>,
    readme: BufWriter<File>,
    text: String,
}

impl Sink for Files {
    fn feature(&mut self, layer: Layer, feature: Feature) -> io::Result<()> {
        let Some((file, started)) = self.files.get_mut(&layer) else { return Ok(()) };
        self.text.clear();
        self.text.push_str(if *started { ",\n" } else { "\n" });
        *started = true;
        self.text.push_str(r#"{"type":"Feature","properties":"#);
        self.text.push_str(&serde_json::to_string(&feature.properties)?);
        self.text.push_str(r#","geometry":"#);
        feature.shape.write(&mut self.text);
        self.text.push('}');
        file.write_all(self.text.as_bytes())
    }

    fn breach(&mut self, breach: &Breach) -> io::Result<()> {
        writeln!(self.readme, "| {} | {} | {} | {} |", breach.case_no, breach.rules.join(", "), breach.why_zh, breach.why_en)
    }
}
