//! Geometries on the wire: PostGIS EWKB to and from `geo` types. Z and M are dropped, empty geometries refused.

use geo_types::{Geometry, Point};
use geozero::wkb::{FromWkb, WkbDialect, WkbWriter};
use geozero::{GeozeroGeometry, error::GeozeroError};
use sqlx::encode::IsNull;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef, Postgres};
use sqlx::{Decode, Encode, Type};

/// A geometry with its SRID, as a parameter or a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Geom {
    pub srid: i32,
    pub geometry: Geometry<f64>,
}

/// Writes EWKB. Points, by far the most common, are written without the general writer.
pub fn write_ewkb(geometry: &Geometry<f64>, srid: i32, out: &mut Vec<u8>) -> Result<(), GeozeroError> {
    if let Geometry::Point(point) = geometry {
        out.push(1);
        out.extend_from_slice(&0x2000_0001u32.to_le_bytes());
        out.extend_from_slice(&srid.to_le_bytes());
        out.extend_from_slice(&point.x().to_le_bytes());
        out.extend_from_slice(&point.y().to_le_bytes());
        return Ok(());
    }
    let mut writer = WkbWriter::with_opts(out, WkbDialect::Ewkb, geozero::CoordDimensions::xy(), Some(srid), Vec::new());
    geometry.process_geom(&mut writer)
}

/// Reads EWKB.
pub fn read_ewkb(bytes: &[u8]) -> Result<Geometry<f64>, GeozeroError> {
    if let (25, [1, 1, 0, 0, 0x20, ..]) = (bytes.len(), bytes) {
        let number = |at: usize| bytes[at..at + 8].try_into().map(f64::from_le_bytes).unwrap_or(f64::NAN);
        return Ok(Geometry::Point(Point::new(number(9), number(17))));
    }
    Geometry::<f64>::from_wkb(&mut std::io::Cursor::new(bytes), WkbDialect::Ewkb)
}

impl Type<Postgres> for Geom {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("geometry")
    }
}

impl PgHasArrayType for Geom {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("_geometry")
    }
}

impl Encode<'_, Postgres> for Geom {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, sqlx::error::BoxDynError> {
        let mut bytes = Vec::new();
        write_ewkb(&self.geometry, self.srid, &mut bytes)?;
        buffer.extend_from_slice(&bytes);
        Ok(IsNull::No)
    }
}

impl<'r> Decode<'r, Postgres> for Geom {
    fn decode(value: PgValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        let bytes = value.as_bytes()?;
        let srid = match bytes {
            [1, _, _, _, flags, a, b, c, d, ..] if flags & 0x20 != 0 => i32::from_le_bytes([*a, *b, *c, *d]),
            _ => 0,
        };
        Ok(Self { srid, geometry: read_ewkb(bytes)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{LineString, MultiPolygon, Polygon};

    #[test]
    fn what_is_written_is_read_back() {
        let square = Polygon::new(LineString::from(vec![(0.0, 0.0), (4.0, 0.0), (4.0, 3.5), (0.0, 0.0)]), vec![]);
        for geometry in [
            Geometry::Point(Point::new(-1.5, 2e6)),
            Geometry::MultiPolygon(MultiPolygon(vec![square.clone()])),
            Geometry::Polygon(square),
            Geometry::LineString(LineString::from(vec![(0.0, 0.0), (1.0, 1.0)])),
        ] {
            let mut bytes = Vec::new();
            write_ewkb(&geometry, 4549, &mut bytes).unwrap();
            assert_eq!(read_ewkb(&bytes).unwrap(), geometry);
        }
    }

    #[test]
    fn broken_bytes_are_an_error() {
        for bytes in [&[][..], &[1, 2, 3], &[1, 1, 0, 0, 0x20, 0, 0, 0, 0, 7]] {
            assert!(read_ewkb(bytes).is_err());
        }
    }
}
