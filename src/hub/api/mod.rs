//! The HTTP API: one file for each resource, and what they share.

pub(super) mod alerts;
pub(super) mod changes;
pub(super) mod commands;
pub(super) mod dead_letters;
pub(super) mod deliveries;
pub(super) mod entries;
pub(super) mod health;
pub(super) mod incidents;
pub(super) mod openapi;
mod page;
pub(super) mod policy;
mod request;
pub(super) mod responders;
mod schemas;
pub(super) mod slos;
pub(super) mod tokens;

pub(super) use page::PageQuery;
pub(super) use request::{JsonBody, Params, body, forget_body};
