//! Which action a sequence of keys means, in a pane and everywhere.

use std::collections::BTreeMap;

use super::chord::Chord;

/// All bindings that are in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keymap {
    contexts: BTreeMap<String, Node>,
}

/// Keys that go on, each to a further node or to an action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Node(BTreeMap<Chord, Next>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Next {
    Action(String),
    Keys(Node),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// The keys begin a binding.
    Pending,
    Matched(String),
    NotFound,
}

impl Keymap {
    /// What the keys mean in a context; what it does not bind is looked up everywhere.
    pub fn lookup(&self, context: &str, keys: &[Chord]) -> Lookup {
        let mut pending = false;
        for name in [context, "global"] {
            match self.contexts.get(name).and_then(|root| root.walk(keys)) {
                Some(Next::Action(action)) => return Lookup::Matched(action.clone()),
                Some(Next::Keys(_)) => pending = true,
                None => {}
            }
        }
        if pending { Lookup::Pending } else { Lookup::NotFound }
    }

    /// The keys that may follow, with the action or the number of bindings behind each; for the which-key popup.
    pub fn following(&self, context: &str, keys: &[Chord]) -> Vec<(Chord, Following)> {
        let mut following = BTreeMap::new();
        for name in ["global", context] {
            if let Some(Next::Keys(node)) = self.contexts.get(name).and_then(|root| root.walk(keys)) {
                for (chord, next) in &node.0 {
                    let next = match next {
                        Next::Action(action) => Following::Action(action.clone()),
                        Next::Keys(node) => Following::Keys(node.count()),
                    };
                    following.insert(*chord, next);
                }
            }
        }
        following.into_iter().collect()
    }

    /// The keys of an action in a context and everywhere, the shortest first: for footer, help and palette.
    pub fn keys_of(&self, context: &str, action: &str) -> Vec<String> {
        let mut found: Vec<(usize, String)> = Vec::new();
        for name in [context, "global"] {
            if let Some(root) = self.contexts.get(name) {
                root.collect(action, &mut Vec::new(), &mut |keys| {
                    let written: Vec<String> = keys.iter().map(ToString::to_string).collect();
                    found.push((keys.len(), written.join(" ")));
                });
            }
        }
        found.sort_by_key(|(length, _)| *length);
        found.dedup();
        found.into_iter().map(|(_, keys)| keys).collect()
    }

    /// Every binding: context, keys, action.
    pub fn bindings(&self) -> Vec<(&str, Vec<Chord>, &str)> {
        let mut bindings = Vec::new();
        for (context, root) in &self.contexts {
            root.all(&mut Vec::new(), &mut |keys, action| {
                bindings.push((context.as_str(), keys.to_vec(), action));
            });
        }
        bindings
    }

    /// Binds keys. What they meant before, or what began with them, gives way.
    pub(super) fn bind(&mut self, context: &str, keys: &[Chord], action: &str) {
        self.contexts.entry(context.to_owned()).or_default().insert(keys, Next::Action(action.to_owned()));
    }

    /// Takes a binding, or all that begin so, away.
    pub(super) fn unbind(&mut self, context: &str, keys: &[Chord]) {
        if let Some(root) = self.contexts.get_mut(context) {
            root.remove(keys);
        }
    }
}

/// What lies behind a key of the which-key popup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Following {
    Action(String),
    Keys(usize),
}

impl Node {
    fn walk(&self, keys: &[Chord]) -> Option<Next> {
        match keys {
            [] => Some(Next::Keys(self.clone())),
            [last] => self.0.get(last).cloned(),
            [first, rest @ ..] => match self.0.get(first)? {
                Next::Keys(node) => node.walk(rest),
                Next::Action(_) => None,
            },
        }
    }

    fn insert(&mut self, keys: &[Chord], action: Next) {
        match keys {
            [] => {}
            [last] => {
                self.0.insert(*last, action);
            }
            [first, rest @ ..] => {
                let next = self.0.entry(*first).or_insert_with(|| Next::Keys(Node::default()));
                if let Next::Action(_) = next {
                    *next = Next::Keys(Node::default());
                }
                if let Next::Keys(node) = next {
                    node.insert(rest, action);
                }
            }
        }
    }

    fn remove(&mut self, keys: &[Chord]) {
        match keys {
            [] => {}
            [last] => {
                self.0.remove(last);
            }
            [first, rest @ ..] => {
                let emptied = match self.0.get_mut(first) {
                    Some(Next::Keys(node)) => {
                        node.remove(rest);
                        node.0.is_empty()
                    }
                    Some(Next::Action(_)) | None => false,
                };
                if emptied {
                    self.0.remove(first);
                }
            }
        }
    }

    fn count(&self) -> usize {
        self.0.values().map(|next| if let Next::Keys(node) = next { node.count() } else { 1 }).sum()
    }

    fn collect(&self, wanted: &str, keys: &mut Vec<Chord>, found: &mut impl FnMut(&[Chord])) {
        self.all(keys, &mut |keys, action| {
            if action == wanted {
                found(keys);
            }
        });
    }

    fn all<'a>(&'a self, keys: &mut Vec<Chord>, found: &mut dyn FnMut(&[Chord], &'a str)) {
        for (chord, next) in &self.0 {
            keys.push(*chord);
            match next {
                Next::Action(action) => found(keys, action),
                Next::Keys(node) => node.all(keys, found),
            }
            keys.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(written: &str) -> Vec<Chord> {
        written.split(' ').map(|chord| chord.parse().unwrap()).collect()
    }

    fn keymap() -> Keymap {
        let mut keymap = Keymap::default();
        keymap.bind("global", &keys("a"), "acknowledge");
        keymap.bind("global", &keys("g i"), "focus-incidents");
        keymap.bind("global", &keys("g t"), "focus-timeline");
        keymap.bind("tasks", &keys("a"), "accept-task");
        keymap
    }

    #[test]
    fn a_pane_goes_before_everywhere() {
        assert_eq!(keymap().lookup("tasks", &keys("a")), Lookup::Matched("accept-task".to_owned()));
        assert_eq!(keymap().lookup("slos", &keys("a")), Lookup::Matched("acknowledge".to_owned()));
    }

    #[test]
    fn a_prefix_waits_and_shows_what_may_follow() {
        let keymap = keymap();
        assert_eq!(keymap.lookup("slos", &keys("g")), Lookup::Pending);
        let following: Vec<String> =
            keymap.following("slos", &keys("g")).iter().map(|(chord, _)| chord.to_string()).collect();
        assert_eq!(following, ["i", "t"]);
        assert_eq!(keymap.lookup("slos", &keys("g x")), Lookup::NotFound);
    }

    #[test]
    fn an_action_knows_its_keys() {
        assert_eq!(keymap().keys_of("slos", "focus-timeline"), ["g t"]);
        assert!(keymap().keys_of("slos", "quit").is_empty());
    }

    #[test]
    fn what_is_unbound_is_gone_and_so_is_an_empty_prefix() {
        let mut keymap = keymap();
        keymap.unbind("global", &keys("g i"));
        keymap.unbind("global", &keys("g t"));
        assert_eq!(keymap.lookup("slos", &keys("g")), Lookup::NotFound);
    }
}
