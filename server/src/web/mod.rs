//! Pages and their parts, sign-in and action links: handlers for browsers. `routes` has their paths and permissions.

pub(crate) mod action_links;
pub(crate) mod cookie;
pub(crate) mod fragment;
pub(crate) mod fragments;
pub(crate) mod functions;
pub(crate) mod layout;
pub(crate) mod login;
mod login_pages;
mod page_backend;
mod page_context;
pub(crate) mod pages;
pub(crate) mod panel;
pub(crate) mod search;
pub(crate) mod snapshot;
mod time_params;
mod valid_html;

pub(crate) use page_context::PageContext;
