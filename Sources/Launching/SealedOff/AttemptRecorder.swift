import BundleFormat
import Foundation
import HostSystem
import SystemPackage
package import Values

/// Where the frames come from that leave the machines' network.
package protocol FrameSource {
    /// The next frame; nil when none came within a second.
    func next() throws(LaunchError) -> [UInt8]?
    /// The card that this end has, where nobody else is the machines' gateway: it is asked for, and what is sent to other cards is no
    /// concern of ours. Nil where the kernel is the gateway, and gives us what it gets.
    var card: MACAddress? { get }
    /// Sends a frame back.
    func answer(_ frame: [UInt8]) throws(LaunchError)
    /// Frames that were not seen since the last call.
    func takeLost() -> Int64
    /// The process that a packet came from, where that can be seen.
    func sender(of frame: Frame, machine: String) -> AttemptLog.Sender?
    /// Whether what is watched is still there.
    var isThere: Bool { get }
}

/// Counts what the machines of a sealed-off instance try to send outside. A process of its own, begun before the first machine: no
/// command of ours need run while machines do, and what nobody saw cannot be counted afterwards.
///
/// It has `attempts.lock` locked while it lives, which tells everybody that it does, and ends when that file is taken away.
package struct AttemptRecorder {
    private let paths: InstancePaths
    private let source: any FrameSource
    private let now: () -> Timestamp

    package init(
        _ paths: InstancePaths, _ source: any FrameSource,
        now: @escaping () -> Timestamp = { Timestamp(secondsSince1970: Int64(Date.now.timeIntervalSince1970)) }
    ) {
        self.paths = paths
        self.source = source
        self.now = now
    }

    /// How often the log says that counting goes on, in seconds.
    private static let pulse: Int64 = 10

    /// Counts until the instance, or what is watched, is gone. Ends at once when another recorder is at work.
    package func run() throws(LaunchError) {
        let lock = try Files.openForAppending(paths.attemptsLock)
        defer { try? lock.close() }
        guard Self.take(lock), let own = Files.identity(of: paths.attemptsLock) else { return }
        let begin = now()
        var log = try AttemptLog.read(paths) ?? AttemptLog(since: begin)
        log.resume(at: begin)
        try save(log)
        var (saved, isChanged) = (begin, false)
        var plan = try Instance.open(paths).plan
        while Files.identity(of: paths.attemptsLock) == own, source.isThere {
            if let frame = try source.next() { isChanged = try count(frame, in: &log, plan) || isChanged }
            let time = now()
            let lost = source.takeLost()
            log.lost += lost
            isChanged = isChanged || lost > 0
            guard (isChanged && time > saved) || time.secondsSince1970 - saved.secondsSince1970 >= Self.pulse else {
                continue
            }
            log.goesOn(at: time)
            try save(log)
            // Another bundle may have brought other machines.
            plan = try Instance.open(paths).plan
            (saved, isChanged) = (time, false)
        }
        // An instance that is being removed has no use for it.
        if isChanged, Files.identity(of: paths.attemptsLock) == own { try save(log) }
    }

    private func save(_ log: AttemptLog) throws(LaunchError) {
        try Files.write(CanonicalJSON.encode(log.json), to: paths.attempts)
    }

    /// Others look whether it is locked, and have it locked themselves for a moment then.
    private static func take(_ lock: FileDescriptor) -> Bool {
        for _ in 0..<15 {
            if (try? SystemCalls.lock(lock, wait: false)) == true { return true }
            Thread.sleep(forTimeInterval: 0.2)
        }
        return false
    }

    private func count(_ bytes: [UInt8], in log: inout AttemptLog, _ plan: LaunchPlan) throws(LaunchError) -> Bool {
        if let card = source.card {
            if let answer = Frame.answer(to: bytes, gateway: plan.gateway, card: card) { try source.answer(answer) }
            guard bytes.starts(with: card.octets) else { return false }
        }
        guard let frame = Frame(leaving: bytes, subnet: plan.subnet, gateway: plan.gateway) else { return false }
        let machine = plan.machines.first { $0.mac == frame.source }?.name
        log.count(
            AttemptLog.Kind(
                machine: machine, destination: frame.destination, transport: "\(frame.transport)", port: frame.port,
                name: frame.name, process: machine.flatMap { source.sender(of: frame, machine: $0) }),
            at: now())
        return true
    }
}

extension AttemptRecorder {
    /// Whether somebody counts.
    package static func isAtWork(_ paths: InstancePaths) -> Bool {
        guard Files.exists(paths.attemptsLock), let lock = try? Files.openForAppending(paths.attemptsLock) else {
            return false
        }
        defer { try? lock.close() }
        return (try? SystemCalls.lock(lock, wait: false)) == false
    }

    /// Begins to count, when nobody does: returns when it has begun.
    ///
    /// - Parameter command: what becomes the recorder.
    package static func begin(
        _ paths: InstancePaths, _ command: [String], runner: any CommandRunner
    ) throws(LaunchError) {
        if isAtWork(paths) { return }
        try Files.remove(paths.attemptsErrors)
        _ = try runner.start(ExternalCommand(command, output: .appended(path: paths.attemptsErrors)))
        for _ in 0..<100 {
            if isAtWork(paths), Files.exists(paths.attempts) { return }
            Thread.sleep(forTimeInterval: 0.05)
        }
        let said = ConsoleLog.lastLines(5, of: paths.attemptsErrors)
        throw .cannotSealOff("what counts attempts to leave did not begin" + (said.isEmpty ? "" : ": \(said)"))
    }

    /// Has the recorder end, and waits until it has.
    package static func end(_ paths: InstancePaths) throws(LaunchError) {
        guard Files.exists(paths.attemptsLock) else { return }
        let lock = try Files.openForAppending(paths.attemptsLock)
        defer { try? lock.close() }
        try Files.remove(paths.attemptsLock)
        for _ in 0..<100 {
            if (try? SystemCalls.lock(lock, wait: false)) == true { return }
            Thread.sleep(forTimeInterval: 0.1)
        }
        throw .didNotStop(machine: "the recorder of attempts to leave", processes: 1)
    }

    /// How a provider begins one: this program, with a command that nobody types.
    package static func command(_ paths: InstancePaths, _ provider: ProviderName) -> [String] {
        [Bundle.main.executablePath ?? CommandLine.arguments[0], "record-attempts", provider.rawValue, paths.directory]
    }
}
