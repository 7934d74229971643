//! The groups: what is known of each before they are in order, and their rows in the columns.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::forms::Forms;
use crate::domain::{FeatureId, Layer};
use crate::gazetteer::columns::{Columns, Group, NONE, Numbers, Role, StoredName};
use crate::gazetteer::entry::Division;
use crate::gazetteer::forms;
use crate::gazetteer::gather::Row;
use crate::gazetteer::model::Model;
use crate::gazetteer::score::layer_order;
use crate::gazetteer::texts::{Texts, TextsBuilder};

/// Fewer groups than this are not worth the joining.
const WORTH_A_PART: usize = 1000;

/// A group before it has a place.
pub(super) struct Gathered {
    layer: Layer,
    is_former: bool,
    /// The best of its rows: the pieces of a road may differ in class.
    rank: u8,
    numbered: bool,
    /// The smallest of its rows; nothing without any.
    pub first_id: Option<FeatureId>,
    pub shortest_number_chars: u32,
    /// The numbers of its forms.
    pub forms: Range<u32>,
    shortest_form_chars: u32,
}

/// In the order of their models.
pub(super) fn gathered(models: &Texts, rows: &[Row], numbers: &Numbers) -> (Vec<Gathered>, Forms) {
    // Few and large: small pieces would leave holes.
    let size = models.len().div_ceil(rayon::current_num_threads()).max(WORTH_A_PART);
    let part = |first: usize| {
        let (mut gathered, mut forms) = (Vec::with_capacity(size.min(models.len() - first)), Forms::default());
        gathered.extend((first..models.len().min(first + size)).map(|model| Gathered::of(models.get(model as u32), &mut forms)));
        (gathered, forms)
    };
    let parts: Vec<_> = (0..models.len()).into_par_iter().step_by(size).map(part).collect();
    let join = |(mut all, mut all_forms): (Vec<Gathered>, Forms), (gathered, forms)| {
        let first = all_forms.append(forms);
        let moved = |group: Gathered| Gathered { forms: first + group.forms.start..first + group.forms.end, ..group };
        all.extend(Vec::into_iter(gathered).map(moved));
        (all, all_forms)
    };
    let (mut gathered, forms) = parts.into_iter().reduce(join).unwrap_or_default();
    for row in rows {
        let group = &mut gathered[row.group as usize];
        group.rank = group.rank.min(row.rank);
        group.first_id = Some(group.first_id.map_or(row.id, |first| first.min(row.id)));
        if group.numbered {
            group.shortest_number_chars = group.shortest_number_chars.min(numbers.chars[row.number as usize]);
        }
    }
    (gathered, forms)
}

impl Gathered {
    fn of(packed: &str, all: &mut Forms) -> Self {
        let model = Model::unpack(packed);
        let numbered = model.is_numbered();
        let forms = match model.address {
            Some([before, after]) if numbered => forms::street_forms(before, after, model.road, model.lane),
            _ => forms::own_forms(&model.texts()),
        };
        let forms = all.add(forms);
        Self {
            layer: model.layer,
            is_former: model.was.is_some(),
            rank: u8::MAX,
            numbered,
            first_id: None,
            shortest_number_chars: if numbered { u32::MAX } else { 0 },
            shortest_form_chars: forms.clone().map(|form| all.chars(form)).min().unwrap_or(0),
            forms,
        }
    }

    /// Whether there is anything, and a text to find it by.
    pub fn is_found(&self) -> bool {
        self.first_id.is_some() && !self.forms.is_empty()
    }

    pub fn key(&self) -> (bool, u8, u8, u32) {
        (self.is_former, layer_order(self.layer), self.rank, self.shortest_form_chars + self.shortest_number_chars)
    }
}

/// `group_of_row`: ascending, for the rows in the columns.
pub(super) fn add_groups(
    columns: &mut Columns,
    models: &Texts,
    order: &[u32],
    gathered: &[Gathered],
    group_of_row: impl Iterator<Item = u32>,
) {
    let mut texts = TextsBuilder::default();
    let mut divisions: HashMap<[&str; 2], u32> = HashMap::new();
    columns.groups.reserve_exact(order.len());
    for place in order {
        let group = &gathered[*place as usize];
        let model = Model::unpack(models.get(*place));
        let next = columns.divisions.len() as u32;
        let division = model.division.map_or(NONE, |division| {
            *divisions.entry(division).or_insert_with(|| {
                let [code, name] = division.map(Arc::from);
                columns.divisions.push(Arc::new(Division { code, name }));
                next
            })
        });
        let names_first = columns.names.len() as u32;
        let mut name = |text: &str, lang: &str, role| columns.names.push(StoredName { text: texts.add(text), lang: texts.add(lang), role });
        if let Some(text) = model.name {
            name(text, model.was.map_or("", |was| was.lang), Role::Main);
        }
        model.names.iter().for_each(|(text, lang, kind)| name(text, lang, Role::Further(*kind)));
        model.codes.iter().for_each(|code| name(code, "", Role::Code));
        model.status.iter().for_each(|status| name(status, "", Role::Status));
        let [before, after] = model.address.unwrap_or_default();
        let mut text = |text: Option<&str>| text.map_or(NONE, |text| texts.add(text));
        columns.groups.push(Group {
            layer: model.layer,
            rank: group.rank,
            is_former: model.was.is_some(),
            is_ended: model.was.is_some_and(|was| was.is_ended),
            since: model.was.and_then(|was| was.since),
            is_one_place: model.is_one_place(),
            numbered: group.numbered,
            has_address: model.address.is_some(),
            division,
            first: 0,
            names_first,
            road: text(model.road),
            lane: text(model.lane),
            address_before: text(Some(before)),
            address_after: text(Some(after)),
            shortest_number_chars: group.shortest_number_chars,
            shortest_form: NONE,
            shortest_form_chars: group.shortest_form_chars,
            extent: [i32::MAX, i32::MAX, i32::MIN, i32::MIN],
        });
    }
    columns.texts = texts.finish();
    columns.names.shrink_to_fit();
    let mut last = NONE;
    for (row, group_of) in group_of_row.enumerate() {
        let group = &mut columns.groups[group_of as usize];
        if group_of != last {
            group.first = row as u32;
            last = group_of;
        }
        let [lon, lat] = columns.positions[row];
        if lon != i32::MIN {
            let [west, south, east, north] = group.extent;
            group.extent = [west.min(lon), south.min(lat), east.max(lon), north.max(lat)];
        }
    }
}
