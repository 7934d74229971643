//! What holds for a whole zoom of tiles, whatever the layer: counts, tiles a change reaches, budgets.

use super::*;

/// Layers that generalise in different ways.
fn layer() -> impl Strategy<Value = Layer> {
    prop_oneof![Just(Layer::PlaceNames), Just(Layer::Zoning), Just(Layer::Parcels), Just(Layer::Roads)]
}

/// With few names, so that lines find lines of their name.
fn named(layer: Layer, shapes: Vec<Shape>) -> Vec<Feature> {
    let mut features: Vec<Feature> = shapes.into_iter().zip(0u32..).map(|(shape, number)| feature(layer, number, shape)).collect();
    for (at, feature) in features.iter_mut().enumerate() {
        feature.name = [None, Some("人民路".into()), Some("Main St".into())][at % 3].clone();
    }
    features
}

fn whole(layer: Layer, features: Vec<Feature>) -> Snapshot {
    Snapshot::empty(chrono::DateTime::UNIX_EPOCH).with_layer(LayerIndex::build(layer, features))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn every_feature_of_any_layer_is_drawn_or_counted_once(layer in layer(), shapes in prop::collection::vec(shape(), 1..40), z in 3u8..=17) {
        let expected = shapes.iter().filter(|shape| **shape != Shape::None).count() as u64;
        prop_assume!(expected > 0);
        let snapshot = whole(layer, named(layer, shapes));
        let (drawn, counted) = drawn_and_counted(&snapshot, layer, z);
        prop_assert_eq!(drawn.len() as u64 + counted, expected, "{} drawn, {} counted at zoom {}", drawn.len(), counted, z);
    }

    #[test]
    fn a_coarser_level_is_the_same_whichever_way_one_comes_to_it(
        layer in layer(), shapes in prop::collection::vec(shape(), 1..40), z in 8u8..=17
    ) {
        use super::super::{content, mvt, written_as_geojson};
        let snapshot = whole(layer, named(layer, shapes));
        // Nothing may lie on the map.
        prop_assume!(snapshot.layer(layer).extent_mercator().is_some());
        for tile in tiles_of(&snapshot, layer, z).iter().take(4) {
            let at_once = |level| content::assemble(&snapshot, tile, TileLayer::Features(layer), level);
            let mut step = at_once(Level::default());
            while let Some(level) = step.level.next(layer, 0) {
                step = content::coarser(&snapshot, step, level);
                let expected = at_once(level);
                prop_assert_eq!(step.given_up, expected.given_up);
                let written = |content: &content::Content<'_>| {
                    let mut out = Vec::new();
                    mvt::layer(&mut out, content);
                    (out, written_as_geojson(tile, std::iter::once(content), &[]))
                };
                prop_assert!(written(&step) == written(&expected), "{:?} {:?} of {}", tile, level, layer);
            }
        }
    }

    #[test]
    fn a_change_alters_no_tile_but_those_it_reaches(
        layer in layer(), before in prop::collection::vec(shape(), 2..25), after in prop::collection::vec(shape(), 1..4), z in 8u8..=16
    ) {
        let old = whole(layer, named(layer, before.clone()));
        let mut shapes = before.clone();
        let mut reached = BTreeSet::new();
        for (at, shape) in after.iter().enumerate() {
            for extent in [before.get(at).and_then(Shape::extent), shape.extent()].into_iter().flatten() {
                reached.extend(tiles_reached(&extent, z).iter());
            }
            if at < shapes.len() {
                shapes[at] = shape.clone();
            } else {
                shapes.push(shape.clone());
            }
        }
        let upserted = named(layer, shapes).into_iter().take(after.len().max(before.len())).collect();
        let new = old.with_layer(old.layer(layer).with_changes(&[], upserted));
        let everywhere = Extent { min: [ORIGIN[0] - 4000.0, ORIGIN[1] - 4000.0], max: [ORIGIN[0] + 6000.0, ORIGIN[1] + 6000.0] };
        let layers = [TileLayer::Features(layer), TileLayer::Labels(layer)];
        for tile in tiles_reached(&everywhere, z).iter().filter(|tile| !reached.contains(tile)) {
            prop_assert!(super::super::mvt(&old, tile, &layers) == super::super::mvt(&new, tile, &layers), "{:?} changed", tile);
            prop_assert!(super::super::geojson(&old, tile, &layers) == super::super::geojson(&new, tile, &layers), "{:?} changed", tile);
        }
    }

    #[test]
    fn both_formats_of_any_layer_hold_the_same(layer in layer(), shapes in prop::collection::vec(shape(), 1..30), z in 6u8..=18) {
        let snapshot = whole(layer, named(layer, shapes));
        prop_assume!(snapshot.layer(layer).extent_mercator().is_some());
        let layers = [TileLayer::Features(layer), TileLayer::Labels(layer)];
        for tile in tiles_of(&snapshot, layer, z).iter().take(4) {
            let properties = |feature: &Json| {
                let mut properties = feature["properties"].as_object().unwrap().clone();
                properties.insert("id".to_owned(), feature["id"].clone());
                for nested in ["kinds", "extent"] {
                    if let Some(value) = properties.get_mut(nested) {
                        *value = Json::String(serde_json::to_string(value).unwrap());
                    }
                }
                properties
            };
            let json = parse(&super::super::geojson(&snapshot, tile, &layers));
            let bytes = super::super::mvt(&snapshot, tile, &layers);
            let mvt: Vec<read::Feature> = read::tile(&bytes).into_iter().flat_map(|(_, features)| features).collect();
            prop_assert_eq!(json.iter().map(properties).collect::<Vec<_>>(), mvt.iter().map(|feature| feature.properties.clone()).collect::<Vec<_>>());
            let corners = |feature: &Json| points(&geometry(feature)).len();
            prop_assert_eq!(json.iter().map(corners).collect::<Vec<_>>(), mvt.iter().map(|feature| feature.points(tile).len()).collect::<Vec<_>>());
            for feature in &json {
                let geometry = geometry(feature);
                prop_assert!(geometry.is_valid(), "{:?}: {}", geometry.check_validation(), feature);
            }
        }
    }
}

#[test]
fn a_small_parcel_mesh_is_merged_without_gaps_and_says_what_it_holds() {
    let snapshot = snapshot(Layer::Parcels, zones(12, 60.0));
    for z in [6, 8, 9, 10, 11, 12, 13, 15, 17] {
        for tile in tiles_of(&snapshot, Layer::Parcels, z).iter().take(2) {
            raster::judge(&snapshot, Layer::Parcels, tile);
        }
    }
    let tiles = tiles_of(&snapshot, Layer::Parcels, 11).iter();
    let features: Vec<Json> =
        tiles.flat_map(|tile| parse(&super::super::geojson(&snapshot, tile, &[TileLayer::Features(Layer::Parcels)]))).collect();
    let merged = features.iter().find(|feature| feature["properties"]["count"].as_u64() > Some(10)).unwrap();
    assert!(merged["geometry"]["type"].as_str().unwrap().ends_with("Polygon"), "{merged}");
    assert!(merged["properties"]["kinds"].as_object().is_some_and(|kinds| !kinds.is_empty()), "{merged}");
}

#[test]
fn pieces_of_a_road_are_one_line_far_out_and_themselves_close_by() {
    let piece = |from: f64, to: f64| Shape::from_geometry(Geometry::LineString([[from, 0.0], [to, 0.0]].into_iter().map(coord).collect()));
    let mut features: Vec<Feature> =
        (0..20).map(|at| feature(Layer::Roads, at, piece(f64::from(at) * 50.0, f64::from(at) * 50.0 + 50.0))).collect();
    for feature in &mut features {
        feature.name = Some("人民路".into());
        feature.tags = [Tag { field: kind_field(Layer::Roads).unwrap(), value: Value::from("local") }].into();
    }
    let snapshot = whole(Layer::Roads, features);
    let roads = |z: u8| -> Vec<Json> {
        let tiles = tiles_of(&snapshot, Layer::Roads, z).iter();
        tiles.flat_map(|tile| parse(&super::super::geojson(&snapshot, tile, &[TileLayer::Features(Layer::Roads)]))).collect()
    };
    let far = roads(9);
    assert_eq!(far.iter().map(|road| road["properties"]["count"].as_u64().unwrap()).sum::<u64>(), 20);
    for road in &far {
        let properties = &road["properties"];
        assert_eq!(
            (&properties["merged"], &properties["name"], &properties["class"]),
            (&Json::Bool(true), &"人民路".into(), &"local".into())
        );
        assert_eq!(road["geometry"]["type"], "LineString");
        assert_eq!(road["geometry"]["coordinates"].as_array().unwrap().len(), 2, "{road}");
    }
    assert!(roads(14).iter().all(|road| road["properties"].get("merged").is_none()));
}

#[test]
fn a_tile_that_would_be_too_heavy_counts_more_and_says_so() {
    // 40,000 plates and 10,000 houses on the ground of one tile.
    let tile = tiles_reached(&Extent { min: ORIGIN, max: ORIGIN }, 16).iter().next().unwrap();
    let extent = tile.extent_mercator();
    let at = |share: [f64; 2]| [extent.min[0] + share[0] * extent.width(), extent.min[1] + share[1] * extent.height()];
    let plates: Vec<Shape> =
        (0..40_000).map(|n| Shape::Point(at([(f64::from(n % 200) + 0.5) / 200.0, (f64::from(n / 200) + 0.5) / 200.0]))).collect();
    let parcels: Vec<Shape> = (0..10_000)
        .map(|n| {
            let corner = |dx: f64, dy: f64| {
                let [x, y] = at([(f64::from(n % 100) + dx) / 100.0, (f64::from(n / 100) + dy) / 100.0]);
                Coord { x, y }
            };
            let ring: LineString<f64> = (0..16)
                .map(|step| f64::from(step) / 4.0)
                .map(|t| match t as u32 {
                    0 => corner(t, 0.0),
                    1 => corner(1.0, t - 1.0),
                    2 => corner(3.0 - t, 1.0),
                    _ => corner(0.0, 4.0 - t),
                })
                .collect();
            Shape::from_geometry(Geometry::Polygon(Polygon::new(ring, vec![])))
        })
        .collect();
    let snapshot = snapshot(Layer::DoorPlates, plates).with_layer(snapshot(Layer::Parcels, parcels).layer(Layer::Parcels).clone());
    for layers in [vec![Layer::DoorPlates], vec![Layer::Parcels], vec![Layer::DoorPlates, Layer::Parcels]] {
        for labels in [false, true] {
            let wanted: Vec<TileLayer> =
                layers.iter().map(|layer| if labels { TileLayer::Labels(*layer) } else { TileLayer::Features(*layer) }).collect();
            let (json, mvt) = (geojson_tile(&snapshot, tile, &wanted), mvt_tile(&snapshot, tile, &wanted));
            assert!(json.bytes.len() <= GEOJSON_BUDGET, "{} bytes of {wanted:?}", json.bytes.len());
            // Points and plots that are counted have no labels.
            assert!(labels || json.bytes.len() > GEOJSON_BUDGET / 50, "{} bytes of {wanted:?} are too few", json.bytes.len());
            assert!(super::super::budget::gzip_len(&mvt.bytes) <= MVT_GZIP_BUDGET);
            assert_eq!(json.aggregated, mvt.aggregated);
            assert!(!json.aggregated.is_empty());
            let collection: Json = serde_json::from_slice(&json.bytes).unwrap();
            assert_eq!(collection["aggregated"].as_array().unwrap().len(), json.aggregated.len());
            let features = collection["features"].as_array().unwrap();
            assert_eq!(features.len(), read::tile(&mvt.bytes).iter().map(|(_, features)| features.len()).sum::<usize>());
            if !labels {
                let weight = |feature: &Json| feature["properties"].get("count").map_or(1, |count| count.as_u64().unwrap());
                for layer in &layers {
                    let of_layer = features.iter().filter(|feature| feature["properties"]["layer"] == layer.id());
                    assert_eq!(of_layer.map(weight).sum::<u64>(), snapshot.layer(*layer).len() as u64, "{layer} of {wanted:?}");
                }
            }
        }
    }
}
