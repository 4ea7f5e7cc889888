//! Tests of a file, or a data directory, that is removed or replaced while the server runs.

use super::tests::{NOW, add, by, token};
use super::*;
use crate::persist::data_dir::DataDir;
use watchglass_auth::Role;

#[test]
fn removed_file_signs_nobody_out_and_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    add(folder.path(), 1);
    let access = Access::open(folder.path()).unwrap();
    let path = folder.path().join("access.json");
    for is_changed in [false, true] {
        std::fs::remove_file(&path).unwrap();
        if is_changed {
            // A change of a user comes before the next poll.
            access
                .change(|accounts| Ok(accounts.add_token("2", Role::Viewer, None, &token(2), NOW)?))
                .unwrap();
        }
        // An unknown token reads the file again.
        assert_eq!(access.authenticate(by(9), NOW), Err(AuthError::UnknownToken));
        assert!(access.authenticate(by(1), NOW).is_ok());
        access.refresh_and_save(NOW, false);
        assert!(access.authenticate(by(1), NOW).is_ok());
        let (saved, _) = store::read(folder.path()).unwrap();
        assert_eq!(saved.tokens().len(), if is_changed { 2 } else { 1 });
    }
    // Nobody is saved where nobody was.
    let empty = tempfile::tempdir().unwrap();
    Access::open(empty.path()).unwrap().refresh_and_save(NOW, true);
    assert!(!empty.path().join("access.json").exists());
}

#[test]
fn accounts_of_a_directory_that_replaced_the_locked_one_are_ignored() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("data");
    let data = DataDir::open(path.clone()).unwrap();
    add(&path, 1);
    let access = Access::open(&path).unwrap();
    std::fs::rename(&path, parent.path().join("aside")).unwrap();
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("access.json"), Accounts::default().to_json()).unwrap();
    access.refresh_and_save(NOW, false);
    assert!(access.authenticate(by(1), NOW).is_ok());
    assert!(access.change(|_| Ok(())).unwrap_err().is_disk_fault());
    drop(data);
}
