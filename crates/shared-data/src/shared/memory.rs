//! Memory without a name that is sealed once it is written: Linux's `memfd`.

use std::fs::File;
use std::io;

#[cfg(any(target_os = "linux", target_os = "android"))]
mod system {
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, memfd_create};
    use rustix::io::Errno;

    use super::{File, io};

    /// Without these, what is mapped could change or go away.
    const NEEDED: SealFlags = SealFlags::WRITE.union(SealFlags::SHRINK);

    /// Empty memory that can be written to and sealed, where the system has such.
    pub(in super::super) fn create() -> io::Result<Option<File>> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let name = "tangency-frame";
        // Kernels before 6.3 do not know the flag that forbids running it as a program.
        let created =
            memfd_create(name, flags | MemfdFlags::NOEXEC_SEAL).or_else(|error| match error {
                Errno::INVAL => memfd_create(name, flags),
                other => Err(other),
            });
        match created {
            Ok(descriptor) => Ok(Some(File::from(descriptor))),
            // Not there, or forbidden by the sandbox this runs in.
            Err(Errno::NOSYS | Errno::PERM | Errno::ACCESS | Errno::INVAL) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Nobody, this process included, can write, shorten or lengthen it from here on.
    pub(in super::super) fn seal(memory: &File) -> io::Result<()> {
        let seals = NEEDED | SealFlags::GROW | SealFlags::SEAL;
        Ok(fcntl_add_seals(memory, seals)?)
    }

    /// Whether the kernel promises that these bytes stay as they are.
    pub(in super::super) fn is_sealed(file: &File) -> bool {
        fcntl_get_seals(file).is_ok_and(|seals| seals.contains(NEEDED))
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod system {
    use super::{File, io};

    pub(in super::super) fn create() -> io::Result<Option<File>> {
        Ok(None)
    }

    pub(in super::super) fn seal(_: &File) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn is_sealed(_: &File) -> bool {
        false
    }
}

pub(super) use system::{create, is_sealed, seal};
