//! Nothing of its own. Building this library builds every library that the server stands on, which the first build does
//! while the page, which the server itself embeds, is still being made.
