import BundleFormat

/// Every system call that changes the disk, in one place, so that a test can end the run after each of them.
///
/// Paths are absolute below the root.
final class DiskOperations {
    let root: RootDirectory
    private var faults: FaultInjection

    init(_ root: RootDirectory, faults: FaultInjection = .none) {
        self.root = root
        self.faults = faults
    }

    private func perform<Value: ~Copyable>(
        _ call: String, _ path: String, _ body: () throws(Errno) -> Value
    ) throws(ApplyError) -> Value {
        do {
            try faults.before()
            let value = try body()
            faults.after()
            return value
        } catch { throw ApplyError(call, root.hostPath(of: path), error) }
    }

    /// False instead of an error of the kinds given.
    private static func succeeds(unless codes: [Int32], _ body: () throws(Errno) -> Void) throws(Errno) -> Bool {
        do { try body() } catch {
            guard codes.contains(error.code) else { throw error }
            return false
        }
        return true
    }

    private func place(_ path: String) throws(ApplyError) -> RootDirectory.Place {
        guard let place = try root.place(path) else {
            throw ApplyError("open", root.hostPath(of: RootDirectory.parent(of: path)), Errno(code: Kernel.absent))
        }
        return place
    }

    private func directory(_ path: String) throws(ApplyError) -> Descriptor {
        guard let directory = try root.directory(path) else {
            throw ApplyError("open", root.hostPath(of: path), Errno(code: Kernel.absent))
        }
        return directory
    }

    // MARK: Directories

    func makeDirectory(_ path: String, mode: UInt16) throws(ApplyError) {
        let place = try place(path)
        try perform("mkdir", path) { () throws(Errno) in
            try Kernel.makeDirectory(place.directory, place.name, mode: mode)
        }
    }

    func setDirectory(_ path: String, mode: UInt16, owner: OwnerIDs?) throws(ApplyError) {
        let directory = try directory(path)
        if let owner {
            try perform("chown", path) { () throws(Errno) in try Kernel.setOwner(directory, owner) }
        }
        // After the owner: a change of owner clears the set-id bits.
        try perform("chmod", path) { () throws(Errno) in try Kernel.setMode(directory, mode) }
    }

    /// Removes a directory; false when it is not empty or not there.
    @discardableResult
    func removeDirectory(_ path: String) throws(ApplyError) -> Bool {
        guard let place = try root.place(path) else { return false }
        return try perform("rmdir", path) { () throws(Errno) in
            let expected = [Kernel.absent, Kernel.notEmpty, Kernel.exists]
            return try Self.succeeds(unless: expected) { () throws(Errno) in
                try Kernel.removeDirectory(place.directory, place.name)
            }
        }
    }

    /// Makes the names in a directory last.
    func syncDirectory(_ path: String) throws(ApplyError) {
        let directory = try directory(path)
        try perform("fsync", path) { () throws(Errno) in try Kernel.sync(directory) }
    }

    // MARK: Files

    /// Makes a new file of mode 0600, written by `fill`, then given its mode and owner. It is not synced.
    func create(
        _ path: String, mode: UInt16, owner: OwnerIDs?,
        _ fill: ((ArraySlice<UInt8>) throws(ApplyError) -> Void) throws(ApplyError) -> Void
    ) throws(ApplyError) {
        let place = try place(path)
        let file = try perform("create", path) { () throws(Errno) -> Descriptor in
            try Kernel.open(place.directory, place.name, .create)
        }
        try fill { (chunk) throws(ApplyError) in
            var rest = chunk
            while !rest.isEmpty {
                let count = try perform("write", path) { () throws(Errno) in try Kernel.write(file, rest) }
                rest = rest.dropFirst(count)
            }
        }
        if let owner { try perform("chown", path) { () throws(Errno) in try Kernel.setOwner(file, owner) } }
        try perform("chmod", path) { () throws(Errno) in try Kernel.setMode(file, mode) }
    }

    /// Makes a file's content last.
    func sync(_ path: String) throws(ApplyError) {
        guard let file = try root.file(path) else { return }
        try perform("fsync", path) { () throws(Errno) in try Kernel.sync(file) }
    }

    func rename(_ path: String, to newPath: String) throws(ApplyError) {
        let from = try place(path)
        let to = try place(newPath)
        try perform("rename", newPath) { () throws(Errno) in
            try Kernel.rename(from.directory, from.name, to: to.directory, to.name)
        }
    }

    /// Gives a file a second name; false when the two names are on different file systems.
    func link(_ path: String, to newPath: String) throws(ApplyError) -> Bool {
        let from = try place(path)
        let to = try place(newPath)
        return try perform("link", newPath) { () throws(Errno) in
            try Self.succeeds(unless: [Kernel.otherDevice]) { () throws(Errno) in
                try Kernel.link(from.directory, from.name, to: to.directory, to.name)
            }
        }
    }

    /// Removes a file; nothing happens when it is not there.
    func remove(_ path: String) throws(ApplyError) {
        guard let place = try root.place(path), try root.status(path) != nil else { return }
        try perform("unlink", path) { () throws(Errno) in try Kernel.remove(place.directory, place.name) }
    }
}

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

/// Ends the process, or lets a system call fail, at a chosen change of the disk. Does nothing in release builds.
struct FaultInjection {
    /// Counts from 1.
    private var count = 0
    private let killAfter: Int?
    private let failAt: (count: Int, code: Int32)?

    static let none = FaultInjection(killAfter: nil, failAt: nil)

    /// - Parameters:
    ///   - killAfter: the process gets SIGKILL when this many changes are done
    ///   - failAt: the change with this number fails with this error instead of being done
    init(killAfter: Int? = nil, failAt: (count: Int, code: Int32)? = nil) {
        self.killAfter = killAfter
        self.failAt = failAt
    }

    /// What `SLIPWAY_FAULTS` asks for: `kill:12` or `fail:12:28` (an errno).
    init(parsing text: String) {
        let parts = text.split(separator: ":").map(String.init)
        let numbers = parts.dropFirst().compactMap { Int32($0) }
        switch (parts.first, numbers.count) {
        case ("kill", 1): self.init(killAfter: Int(numbers[0]))
        case ("fail", 2): self.init(failAt: (Int(numbers[0]), numbers[1]))
        default: self = .none
        }
    }

    mutating func before() throws(Errno) {
        #if DEBUG
            count += 1
            if let failAt, failAt.count == count { throw Errno(code: failAt.code) }
        #endif
    }

    func after() {
        #if DEBUG
            if killAfter == count { Kernel.killSelf() }
        #endif
    }
}
