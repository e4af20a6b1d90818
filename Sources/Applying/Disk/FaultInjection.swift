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
