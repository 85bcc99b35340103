//! scratch
#[derive(Debug)]
pub struct Exit { pub code: u8, pub sentence: String }
impl Exit { pub fn usage(sentence: String) -> Self { Exit { code: 2, sentence } } }
impl From<crate::link::api::ApiError> for Exit { fn from(e: crate::link::api::ApiError) -> Self { Exit::usage(e.to_string()) } }
