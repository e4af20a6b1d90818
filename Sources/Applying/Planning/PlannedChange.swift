import BundleFormat

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
