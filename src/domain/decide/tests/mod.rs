//! Each rule as a person meets it: what they ask, what happens, what they are told.

mod alerts;
mod budget;
mod changes;
mod comms;
mod incident;
mod people;
mod status;
