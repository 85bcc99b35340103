//! The head record: a slot that is taken is one that was written, and no changed byte goes unnoticed.
#![no_main]

use libfuzzer_sys::arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use warroom::domain::ids::{Hash, Head, JournalId, Seq};
use warroom::journal::head::{encode, newest};

fuzz_target!(|data: &[u8]| {
    if let Some((generation, head)) = newest(data) {
        let written = encode(generation, &head);
        assert!(data.windows(written.len()).any(|slot| slot == written), "a head that nobody wrote");
    }

    let mut bytes = Unstructured::new(data);
    let Ok((generation, journal, seq, hash)) = bytes.arbitrary::<(u64, u128, u64, [u8; 32])>() else {
        return;
    };
    let head =
        Head { journal: JournalId(warroom_fuzz::Uuid::from_u128(journal)), seq: Seq(seq), hash: Hash(hash) };
    let mut slot = encode(generation, &head);
    assert_eq!(newest(&slot), Some((generation, head)));
    if let Ok((at, flipped)) = bytes.arbitrary::<(u8, u8)>()
        && flipped != 0
    {
        let at = usize::from(at) % slot.len();
        slot[at] ^= flipped;
        assert_eq!(newest(&slot), None, "byte {at}");
    }
});
