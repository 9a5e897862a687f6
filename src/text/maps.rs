//! Maps whose keys are mostly names: hashed several times faster than by std's default, which matters where a script
//! is read. Seeded anew in each, so that no script knows which names collide.

use foldhash::fast::RandomState;

pub type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;
pub type HashSet<K> = std::collections::HashSet<K, RandomState>;
pub type IndexMap<K, V> = indexmap::IndexMap<K, V, RandomState>;
pub type IndexSet<K> = indexmap::IndexSet<K, RandomState>;
