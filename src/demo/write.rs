//! The demo city as files: a GeoJSON FeatureCollection per layer, metres in EPSG:4549, and a README.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::{Feature, Sink, Summary, generate};
use crate::domain::Layer;

/// Writes `<layer>.geojson` for each layer and `README.md` into `out_dir`, which is made if missing; files there are replaced.
///
/// # Errors
/// A `scale` out of range, and what the file system reports.
pub fn write(out_dir: &Path, seed: u64, scale: u32) -> io::Result<Summary> {
    fs::create_dir_all(out_dir)?;
    let mut files = Files { files: BTreeMap::new(), text: String::new() };
    for layer in Layer::ALL {
        let mut file = BufWriter::new(File::create(out_dir.join(format!("{layer}.geojson")))?);
        write!(
            file,
            r#"{{"type":"FeatureCollection","name":"{layer}","crs":{{"type":"name","properties":{{"name":"urn:ogc:def:crs:EPSG::4549"}}}},"features":["#
        )?;
        files.files.insert(layer, (file, false));
    }
    let summary = generate(seed, scale, &mut files)?;
    for (file, _) in files.files.values_mut() {
        file.write_all(b"\n]}\n")?;
        file.flush()?;
    }
    Ok(summary)
}

struct Files {
    files: BTreeMap<Layer, (BufWriter<File>, bool)>,
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
}
