//! Durable steps over a [`Disk`]: replace a file whole, append a record, remove; each done only when it will survive a
//! power cut.

use std::io;

use crate::disk::Disk;

/// What a half-written file is called until it is whole. Swept when the folder is opened.
pub(crate) const PART: &str = ".part";

/// Puts a file in place so that after any crash there is the old one or the new one, never a mixture.
pub(crate) fn replace(disk: &mut impl Disk, name: &str, bytes: &[u8]) -> io::Result<()> {
    let part = format!("{name}{PART}");
    disk.write(&part, bytes)?;
    disk.sync(&part)?;
    disk.rename(&part, name)?;
    disk.sync_folder(name)
}

/// Adds a record to a log whose reader stops at the first record that is not whole. `first` begins the log anew.
pub(crate) fn log(disk: &mut impl Disk, name: &str, bytes: &[u8], first: bool) -> io::Result<()> {
    if first {
        disk.write(name, bytes)?;
        disk.sync(name)?;
        return disk.sync_folder(name);
    }
    disk.append(name, bytes)?;
    disk.sync(name)
}

/// Removes a file for good.
pub(crate) fn remove(disk: &mut impl Disk, name: &str) -> io::Result<()> {
    disk.remove(name)?;
    disk.sync_folder(name)
}
