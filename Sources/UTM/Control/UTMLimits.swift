/// How long UTM may take for what it does, in looks with a pause between them.
struct UTMLimits: Hashable, Sendable {
    /// Seconds for one command. The first one of a session waits for an answer to macOS's question whether this terminal may
    /// control UTM, and an Apple event takes up to two minutes to fail.
    var command = 150
    /// Milliseconds between two looks.
    var pause = 500
    /// Looks until a package that was opened is listed; UTM may have to start first.
    var register = 120
    /// After so many looks in vain the package is opened again.
    var reopen = 20
    /// Looks until a machine is started: firmware and QEMU, not the guest's boot.
    var start = 240
    /// Looks until a machine whose power went off is stopped.
    var force = 40
    /// Looks until a deleted machine is listed no more.
    var delete = 40
    /// Tries to reach UTM, which cannot be spoken to while it starts.
    var reach = 6

    /// The seconds that so many looks take.
    func seconds(_ looks: Int) -> Int { looks * pause / 1000 }

    /// The looks that fit into some seconds.
    func looks(_ seconds: Int) -> Int { seconds * 1000 / max(pause, 1) }
}
