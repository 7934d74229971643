//! stand-in
use crate::domain::Layer; use crate::spatial::Snapshot;
#[derive(Clone,Copy,Debug,PartialEq,Eq,Hash)] pub struct TileId{pub z:u8,pub x:u32,pub y:u32}
impl TileId{ pub fn new(z:u8,x:u32,y:u32)->Option<Self>{ (z<=22 && u64::from(x)<(1<<z) && u64::from(y)<(1<<z)).then_some(Self{z,x,y}) } }
#[derive(Clone,Copy,Debug,PartialEq,Eq,Hash)] pub enum TileLayer{Features(Layer),Labels(Layer)}
impl TileLayer{ pub fn layer(self)->Layer{match self{Self::Features(l)|Self::Labels(l)=>l}} }
impl std::str::FromStr for TileLayer{type Err=crate::domain::UnknownLayer; fn from_str(s:&str)->Result<Self,Self::Err>{ match s.strip_suffix("_labels"){Some(s)=>s.parse().map(Self::Labels),None=>s.parse().map(Self::Features)} }}
impl std::fmt::Display for TileLayer{ fn fmt(&self,f:&mut std::fmt::Formatter<'_>)->std::fmt::Result{ match self{Self::Features(l)=>write!(f,"{l}"),Self::Labels(l)=>write!(f,"{l}_labels")} } }
pub fn geojson(_:&Snapshot,_:TileId,_:&[TileLayer])->Vec<u8>{b"{}".to_vec()}
pub fn mvt(_:&Snapshot,_:TileId,_:&[TileLayer])->Vec<u8>{vec![]}
