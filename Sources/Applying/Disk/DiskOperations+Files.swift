import BundleFormat

extension DiskOperations {
    /// Replaces a small file so that after a power cut either the old content is there or the new.
    func replace(_ path: String, with content: [UInt8], mode: UInt16) throws(ApplyError) {
        let temporary = path + ".new"
        try remove(temporary)
        try create(temporary, mode: mode, owner: nil) { (write) throws(ApplyError) in try write(content[...]) }
        try sync(temporary)
        try rename(temporary, to: path)
        try syncDirectory(RootDirectory.parent(of: path))
    }

    /// Keeps a file under a second name as it is: by a link, or across file systems by a copy with mode and owner.
    ///
    /// Both names may then mean one file, so the first must be replaced by renaming and never written to.
    func preserve(_ path: String, as newPath: String, _ status: FileStatus) throws(ApplyError) {
        try remove(newPath)
        if try link(path, to: newPath) { return }
        let owner = Kernel.userID == 0 ? status.owner : nil
        try create(newPath, mode: status.mode, owner: owner) { (write) throws(ApplyError) in
            _ = try root.forEachChunk(of: path, write)
        }
        try sync(newPath)
    }

    /// Removes a directory and the files and directories in it; nothing happens when it is not there.
    func removeTree(_ path: String) throws(ApplyError) {
        for name in try root.names(in: path) {
            let child = path + "/" + name
            if try root.status(child)?.kind == .directory { try removeTree(child) } else { try remove(child) }
        }
        try removeDirectory(path)
    }
}
