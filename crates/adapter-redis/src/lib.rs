//! The fast counters on Redis: admission and projection in Lua.
