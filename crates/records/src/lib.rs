//! Store of records: process tables, statements, slow requests, log lines. It knows nothing of what they mean.
//!
//! A [`RecordStore`] keeps records of streams, which have labels. A record has a time, small typed fields and a body of any
//! bytes. Records may arrive in any order; queries return them in the order of time. Times come with the records: there is
//! no clock here.
//!
//! # Durability
//!
//! [`RecordStore::append`] returns after the batch was written to the write-ahead log, so that a crash of the process loses
//! nothing; it is synced at most a second later. Records in memory become a block file once there are
//! [`Options::head_bytes`] of them. A file that has taken the place of others names them, so that a crash at any moment
//! neither loses nor repeats a record. Damage costs the damaged batch or block: it is reported, and the rest is used. On a
//! full disk batches are refused and counted; queries still work.
//!
//! # Deletion and retention
//!
//! [`RecordStore::delete`] returns after the deletion was synced: queries do not return the records any more, also after a
//! restart. Their files are rewritten in the background. [`RecordStore::retain`] removes files by time and bytes, also on
//! a full disk. Small files are merged, so that a record is rewritten about four times.
//!
//! # Memory
//!
//! At most two times [`Options::head_bytes`] of records and one more batch, in buffers of up to twice that; about 64 bytes
//! for each stored block, the labels of each stream, and some 3 MiB for compression. A query takes up to
//! [`Query::max_memory_bytes`].

mod append;
mod block;
mod block_builder;
mod block_file;
mod bytes;
mod compactor;
mod delete;
mod deletions;
mod disk;
mod file_index;
mod file_writer;
mod folder;
mod head;
mod leftovers;
mod merge;
mod options;
mod plan;
mod problems;
mod query;
mod record;
mod retention;
mod rewrite;
mod search;
mod state;
mod store;
mod syncer;
mod wal;
mod wal_format;
mod words;

#[cfg(test)]
mod tests;

pub use disk::{Disk, DiskFile, SystemDisk};
pub use options::{AppendError, DeleteError, OpenError, Options, Outage, Removed, Retention, Status};
pub use query::{Direction, Query, QueryError, QueryStats, Visit};
pub use record::{Field, MAX_FIELDS, NewRecord, Record, Value};
pub use search::Search;
pub use store::RecordStore;
