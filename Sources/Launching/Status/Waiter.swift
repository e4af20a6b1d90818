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
    /// - Parameter progress: told all machines' last status after each look.
    /// - Returns: the last status of each: applied, or failed for good.
    /// - Throws: ``LaunchError/timedOut(seconds:waiting:)``
    public func untilApplied(
        _ machines: [LaunchDefinition], seconds: Int, progress: (_ statuses: [MachineStatus]) -> Void
    ) async throws(LaunchError) -> [MachineStatus] {
        var last = machines.map { MachineStatus($0, power: .starting) }
        let begin = ContinuousClock.now
        for _ in 0...(seconds * 2) {
            let open = Set(last.filter { !$0.isApplied && !$0.hasFailed }.map(\.name))
            for status in try await reader.read(machines.filter { open.contains($0.name) }, briefly: true) {
                if let index = last.firstIndex(where: { $0.name == status.name }) { last[index] = status }
            }
            progress(last)
            if last.allSatisfy({ $0.isApplied || $0.hasFailed }) { return last }
            if ContinuousClock.now - begin > .seconds(seconds) { break }
            await pause(500)
        }
        throw .timedOut(seconds: seconds, waiting: last.filter { !$0.isApplied && !$0.hasFailed }.map(\.name))
    }
}
