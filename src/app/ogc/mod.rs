//! The questions of the OGC API: which collections there are, and the items of one by box, time, filter and page.
//! A page stands at one sequence. Pages continue after the last item, not at a number: whatever changes meanwhile, an item that
//! stays is shown exactly once. Leaves out: URLs, links and formats.

mod candidate;
mod collection;
mod frame;
mod history;
mod items;
mod page;
mod properties;

pub use collection::{Collection, collection, collections};
pub use frame::{Frame, frame, frames, storage_frame};
pub use items::{Bbox, Filter, Item, ItemsAnswer, ItemsQuestion, WholeItem, item, items};
pub use page::SortKey;
pub use properties::{Property, Role, properties};

/// Items on a page unless another number is asked for.
pub const DEFAULT_LIMIT: usize = 100;
/// Items on a page at most; more asked for are these.
pub const MAX_LIMIT: usize = 10_000;
