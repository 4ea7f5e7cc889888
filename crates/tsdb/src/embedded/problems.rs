//! Current problems of the store, for [`Status::problems`](crate::Status::problems).

pub(crate) use watchglass_stored_files::problems::Problems;
