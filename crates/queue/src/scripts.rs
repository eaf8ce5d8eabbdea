//! What Redis does in one step. See `scripts/lanes.lua` for what a list consists of.

use std::sync::LazyLock;

use redis::Script;

macro_rules! script {
    ($name:ident, $file:literal) => {
        pub(crate) static $name: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!($file)));
    };
    ($name:ident, lanes, $file:literal) => {
        pub(crate) static $name: LazyLock<Script> =
            LazyLock::new(|| Script::new(concat!(include_str!("scripts/lanes.lua"), include_str!($file))));
    };
}

script!(ENSURE_EPOCH, "scripts/ensure_epoch.lua");
script!(REGISTER, "scripts/register.lua");
script!(MARK_TOLD, "scripts/mark_told.lua");
script!(PUSH, lanes, "scripts/push.lua");
script!(TAKE, lanes, "scripts/take.lua");
script!(LEFT, lanes, "scripts/left.lua");
script!(KEEP, lanes, "scripts/keep.lua");
script!(FINISH, lanes, "scripts/finish.lua");
script!(GIVE_BACK_ALL, lanes, "scripts/give_back_all.lua");
script!(REMOVE, lanes, "scripts/remove.lua");
script!(DEPTHS, lanes, "scripts/depths.lua");
script!(LANES_OF, lanes, "scripts/lanes_of.lua");
