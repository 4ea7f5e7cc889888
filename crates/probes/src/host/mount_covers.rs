//! Mounts that are covered by others: their file system is not visible at their mount point.

use super::mounts::Mount;
use std::collections::HashMap;

/// Maximum depth of nested mounts that are examined.
const MAX_NESTED: usize = 32;

/// Index of mounts, so that the thousands of mounts of a container host are examined in linear time.
#[derive(Debug)]
pub(super) struct Covers<'m, 'a> {
    all: &'m [Mount<'a>],
    /// The first mount with an id.
    by_id: HashMap<&'a str, usize>,
    /// The last mount at a mount point.
    at: HashMap<&'a str, usize>,
    /// The last mount at a mount point in a parent mount.
    inside: HashMap<(&'a str, &'a str), usize>,
}

impl<'m, 'a> Covers<'m, 'a> {
    /// Index of `all` mounts, in the order in which they were mounted.
    pub(super) fn new(all: &'m [Mount<'a>]) -> Self {
        let mut index = Self { all, by_id: HashMap::new(), at: HashMap::new(), inside: HashMap::new() };
        for (number, mount) in all.iter().enumerate() {
            index.by_id.entry(mount.id).or_insert(number);
            index.at.insert(mount.point, number);
            index.inside.insert((mount.parent, mount.point), number);
        }
        index
    }

    /// Whether a later mount covers the mount with this number, or one that its mount point is in.
    pub(super) fn is_covered(&self, number: usize) -> bool {
        let mut place = Some(number);
        for _ in 0..MAX_NESTED {
            let Some((number, mount)) = place.and_then(|number| Some((number, self.all.get(number)?))) else {
                break;
            };
            let is_later = |found: Option<&usize>| found.is_some_and(|&found| found > number);
            let mut folders = folders_of(mount.point);
            if is_later(self.at.get(mount.point))
                || folders.any(|folder| is_later(self.inside.get(&(mount.parent, folder))))
            {
                return true;
            }
            place = self.by_id.get(mount.parent).copied().filter(|&parent| parent != number);
        }
        false
    }
}

/// The directories that an absolute path is in.
fn folders_of(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| path.get(..end.max(1)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mount<'a>(id: &'a str, parent: &'a str, point: &'a str) -> Mount<'a> {
        Mount { id, parent, device: "8:1", root: "/", point, kind: "ext4", source: "x" }
    }

    #[test]
    fn folders_of_a_path_end_at_the_root() {
        assert_eq!(folders_of("/a/b/c").collect::<Vec<_>>(), ["/", "/a", "/a/b"]);
        assert_eq!(folders_of("/").collect::<Vec<_>>(), ["/"]);
    }

    #[test]
    fn thousands_of_mounts_are_examined_in_linear_time() {
        let ids: Vec<String> = (0..100_000).map(|number| number.to_string()).collect();
        let points: Vec<String> = ids.iter().map(|id| format!("/var/lib/pods/{id}/volume")).collect();
        let mut all = vec![mount("root", "0", "/")];
        all.extend(ids.iter().zip(&points).map(|(id, point)| mount(id, "root", point)));
        // A comparison of each mount with each other would take minutes.
        let covers = Covers::new(&all);
        assert_eq!((0..all.len()).filter(|&number| covers.is_covered(number)).count(), 0);
    }

    /// The same, mount by mount.
    fn is_covered(all: &[Mount<'_>], number: usize) -> bool {
        let is_below = |point: &str, folder: &str| {
            point.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
        };
        let mut place = Some(number);
        for _ in 0..MAX_NESTED {
            let Some(number) = place else { break };
            let mount = &all[number];
            let covers = |other: &Mount<'_>| {
                other.point == mount.point
                    || (other.parent == mount.parent && is_below(mount.point, other.point))
            };
            if all[number + 1..].iter().any(covers) {
                return true;
            }
            let parent = all.iter().position(|other| other.id == mount.parent);
            place = parent.filter(|&parent| parent != number);
        }
        false
    }

    proptest! {
        #[test]
        fn index_agrees_with_comparing_all_mounts(
            rows in prop::collection::vec(("[0-4]", "[0-4]", "/|(/[ab]{1,2}){1,3}"), 0..12)
        ) {
            let all: Vec<_> = rows.iter().map(|(id, parent, point)| mount(id, parent, point)).collect();
            let covers = Covers::new(&all);
            for number in 0..all.len() {
                prop_assert_eq!(covers.is_covered(number), is_covered(&all, number), "{} of {:?}", number, all);
            }
        }
    }
}
