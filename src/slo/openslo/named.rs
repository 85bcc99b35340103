//! Objects that others refer to by name.

use std::collections::HashMap;

use super::field::{Field, Report};
use super::object::Object;

/// By name; `None` for one that is there and cannot be used, which its own finding explains.
pub(super) struct Named<T> {
    /// As it is written under `kind`.
    kind: &'static str,
    objects: HashMap<String, Option<T>>,
}

impl<T: Clone> Named<T> {
    pub(super) fn new(kind: &'static str) -> Self {
        Named { kind, objects: HashMap::new() }
    }

    /// The first of two with one name is used.
    pub(super) fn add(&mut self, object: &Object<'_>, read: Option<T>, report: &mut Report) {
        let Named { kind, objects } = self;
        if objects.contains_key(&object.name) {
            let told = format!("there is another {kind} `{}`, which is used; rename this one", object.name);
            report.warn(&object.root, told);
        } else {
            objects.insert(object.name.clone(), read);
        }
    }

    /// What `field` names.
    pub(super) fn find(&self, field: &Field<'_>, report: &mut Report) -> Option<T> {
        let (kind, name) = (self.kind, field.text(report)?);
        match self.objects.get(&name) {
            Some(Some(found)) => return Some(found.clone()),
            Some(None) => {
                report.error(field, format!("the {kind} `{name}` cannot be used; its own finding says why"));
            }
            None => {
                report.error(field, format!("no {kind} is called `{name}`; add one, or correct the name"))
            }
        }
        None
    }
}
