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
