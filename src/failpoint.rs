//! Where a test can make one task of the program panic, to see that nothing of it is left standing half-dead. A build
//! without debug assertions has none of this: not the variable, not the look at it.

/// The tasks and threads that can be made to panic, by the name that a test gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(all(feature = "tui", feature = "hub")),
    allow(dead_code, reason = "each part passes its own places")
)]
pub enum Place {
    /// The room's loop.
    Loop,
    /// The thread that writes frames.
    Screen,
    /// The thread that reads keys.
    Keyboard,
    /// The connection to the hub.
    Link,
    /// The outbox of commands.
    Outbox,
    /// The hub's task that lets connections in.
    Door,
    /// The hub's thread that writes the journal.
    Writer,
}

/// Does nothing, unless this is a debug build, `WARROOM_TEST_PANIC` is `PLACE:FILE` with the name of this place, and
/// that file is there.
#[inline]
pub fn pass(place: Place) {
    #[cfg(debug_assertions)]
    armed::pass(place);
    #[cfg(not(debug_assertions))]
    let _ = place;
}

#[cfg(debug_assertions)]
mod armed {
    use super::Place;

    #[expect(clippy::panic, reason = "that is what it is for")]
    pub(super) fn pass(place: Place) {
        let Ok(wanted) = std::env::var("WARROOM_TEST_PANIC") else { return };
        let Some((name, file)) = wanted.split_once(':') else { return };
        if name == place.name() && std::path::Path::new(file).exists() {
            panic!("a test wants the place {name} to panic");
        }
    }

    impl Place {
        const fn name(self) -> &'static str {
            match self {
                Place::Loop => "loop",
                Place::Screen => "screen",
                Place::Keyboard => "keyboard",
                Place::Link => "link",
                Place::Outbox => "outbox",
                Place::Door => "door",
                Place::Writer => "writer",
            }
        }
    }
}
