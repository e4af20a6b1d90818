import BundleFormat

/// Everything that one run changes on the disk.
struct ChangePlan {
    /// In the order they are made.
    var changes: [PlannedChange] = []
    /// What the new generation consists of.
    var entries: [RecordedEntry] = []
    /// Entries that are as they should be.
    var unchangedCount = 0
    /// Names and paths, as `restartOn` may say them, of what changes.
    var causes: Set<String> = []
    /// Payloads in place whose file is not what it was, and that cannot be had again now.
    var waiting: [WaitingPayload] = []

    var changedCount: Int { changes.count { $0.change.after == .file || $0.change.after == .directory } }
    var removedCount: Int { changes.count { $0.change.after == .absent } }
}

/// A change that is still to be made.
struct PlannedChange {
    /// What to do.
    enum Work {
        case makeDirectory(mode: UInt16, OwnerIDs?)
        case correctDirectory(mode: UInt16, OwnerIDs?)
        case place(DesiredFile, OwnerIDs?)
        case keep(original: String)
        case removeFile
        case removeDirectory
    }

    let change: RecordedChange
    let work: Work
    /// What stood at the path, where that is kept; its index in the list of changes is that of this change.
    let saved: FileStatus?
    /// What is said once it is done.
    let event: Event

    var path: String { change.path }
}

/// The name under which a file that was changed by hand is kept beside its place.
enum SavedName {
    /// `PATH.slipway-saved-N`, with a further number while that is taken by another file.
    ///
    /// - Parameter status: of the file at `path`; a name that already means this file is used again, since an interrupted
    ///   run may have made it.
    static func free(for path: String, _ status: FileStatus, generation: Int, in root: RootDirectory) throws(ApplyError)
        -> String
    {
        let first = "\(path).slipway-saved-\(generation)"
        var name = first
        var attempt = 1
        while let taken = try root.status(name), !taken.isSameFile(as: status) {
            attempt += 1
            name = "\(first)-\(attempt)"
        }
        return name
    }
}
