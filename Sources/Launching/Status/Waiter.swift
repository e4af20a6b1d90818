public import BundleFormat

/// Waits until machines have applied what they were given.
public struct Waiter: Sendable {
    let reader: StatusReader
    let pause: @Sendable (_ milliseconds: Int) async -> Void

    /// - Parameter pause: how time passes between two looks.
    public init(
        _ reader: StatusReader,
        pause: @escaping @Sendable (_ milliseconds: Int) async -> Void = {
            try? await Task.sleep(for: .milliseconds($0))
        }
    ) {
        self.reader = reader
        self.pause = pause
    }

    /// Looks twice a second, so that looking takes little from machines that share two cores.
    ///
    /// - Returns: the last status of each: applied, or failed for good.
    /// - Throws: ``LaunchError/timedOut(seconds:waiting:)``
    public func untilApplied(
        _ machines: [LaunchDefinition], seconds: Int, progress: (_ done: Int, _ all: Int) -> Void
    ) async throws(LaunchError) -> [MachineStatus] {
        var done: [String: MachineStatus] = [:]
        for _ in 0...(seconds * 2) {
            let open = machines.filter { done[$0.name] == nil }
            for status in try await reader.read(open, briefly: true) where status.isApplied || status.hasFailed {
                done[status.name] = status
            }
            progress(done.count, machines.count)
            if done.count == machines.count { return machines.compactMap { done[$0.name] } }
            await pause(500)
        }
        throw .timedOut(seconds: seconds, waiting: machines.map(\.name).filter { done[$0] == nil })
    }
}
