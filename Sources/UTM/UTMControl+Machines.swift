import HostSystem
import Launching

/// What changes machines in UTM, each with a limit to its waiting.
extension UTMControl {
    /// Has UTM open packages, and waits until it lists all of them. One that it lists already stays as it is.
    ///
    /// - Parameter packages: `uuid` is that of a machine that UTM listed before; without one any machine of the name that
    ///   was not there before is it.
    /// - Returns: the entries by name.
    func register(
        _ packages: [(name: String, uuid: String?, path: String)], besides others: [UTMEntry]
    ) throws(LaunchError) -> [String: UTMEntry] {
        var (found, said): ([String: UTMEntry], String) = ([:], "")
        let before = Set(others.map(\.uuid))
        for look in 0..<limits.register {
            let missing = packages.filter { found[$0.name] == nil }
            if missing.isEmpty { return found }
            if look % limits.reopen == 0 {
                for package in missing {
                    let result = try run(tool.open(package.path))
                    if result.status != 0 { said = result.errors.trimmingSuffix(while: \.isWhitespace) }
                }
            }
            let entries = try list()
            for package in missing {
                found[package.name] =
                    entries.first { $0.uuid == package.uuid }
                    ?? entries.first { $0.isNamed(package.name) && !before.contains($0.uuid) }
            }
            if found.count < packages.count { pause() }
        }
        guard let missing = packages.first(where: { found[$0.name] == nil }) else { return found }
        throw LaunchError(
            .notRegistered(
                name: missing.name, package: missing.path, seconds: limits.seconds(limits.register), said: said))
    }

    /// Starts machines, or has them go on, and waits until UTM has started each; their guests are booting then.
    func start(_ entries: [UTMEntry]) throws(LaunchError) {
        var complaints: [String: UTMComplaint] = [:]
        for entry in entries {
            // That it runs already is no reason to fail: its state will say so.
            complaints[entry.uuid] = try ask(tool.start(entry.uuid)).complaint
        }
        var (left, states, asked): ([UTMEntry], [String: UTMState], [String: Int]) = (entries, [:], [:])
        for look in 0..<limits.start {
            states = try self.states(left)
            left = left.filter { states[$0.uuid] != .started }
            if left.isEmpty { return }
            for entry in left where states[entry.uuid] == .stopped || states[entry.uuid] == .paused {
                let wasRefused = complaints[entry.uuid] != nil
                // UTM answers when the start has ended: what is stopped then was refused, or UTM was quit meanwhile. A
                // suspended state that it cannot bring back it drops, so that the second start is a boot.
                let isDue = wasRefused ? look == 1 : look % limits.again == limits.again - 1
                if isDue, asked[entry.uuid, default: 0] < 3 {
                    asked[entry.uuid, default: 0] += 1
                    complaints[entry.uuid] = try ask(tool.start(entry.uuid)).complaint
                }
            }
            let isLost = left.contains {
                states[$0.uuid] == nil || (states[$0.uuid] == .stopped && complaints[$0.uuid] != nil && look > 2)
            }
            if isLost, left.allSatisfy({ states[$0.uuid] == nil || states[$0.uuid] == .stopped }) { break }
            pause()
        }
        guard let entry = left.first(where: { complaints[$0.uuid] != nil }) ?? left.first else { return }
        throw LaunchError(
            .didNotStart(
                name: entry.name, state: states[entry.uuid]?.rawValue ?? "gone", seconds: limits.seconds(limits.start),
                said: complaints[entry.uuid]?.text ?? ""))
    }

    /// Asks the guests to power off, and takes the power from those that have not after `grace` seconds.
    func stop(_ entries: [UTMEntry], grace: Int) throws(LaunchError) {
        var left = entries
        let looks = limits.looks(grace)
        for look in 0..<max(looks, 1) {
            let states = try states(left)
            left = left.filter { states[$0.uuid] ?? .stopped != .stopped }
            if left.isEmpty { return }
            // Again now and then: a guest that is still booting does not see the button.
            if look % 20 == 0, grace > 0 {
                for entry in left where states[entry.uuid] == .started {
                    _ = try ask(tool.stop(entry.uuid, by: .request))
                }
            }
            if look + 1 < looks { pause() }
        }
        try end(left)
    }

    /// Power off, and when that does nothing, killed: UTM takes the power only from what is started.
    private func end(_ entries: [UTMEntry]) throws(LaunchError) {
        var (left, states, said): ([UTMEntry], [String: UTMState], [String: String]) = (entries, [:], [:])
        for method in [UTMTool.StopMethod.force, .kill] {
            for entry in left {
                if let complaint = try ask(tool.stop(entry.uuid, by: method)).complaint {
                    said[entry.uuid] = complaint.text
                }
            }
            for _ in 0..<limits.force {
                states = try self.states(left)
                left = left.filter { states[$0.uuid] ?? .stopped != .stopped }
                if left.isEmpty { return }
                pause()
            }
        }
        guard let entry = left.first else { return }
        throw LaunchError(
            .didNotStop(
                name: entry.name, state: states[entry.uuid]?.rawValue ?? "there", said: said[entry.uuid] ?? ""))
    }

    /// Has UTM forget a stopped machine, whereby its package goes too.
    ///
    /// - Parameter package: is made when somebody has removed it: without it UTM fails to delete the machine.
    func delete(_ entry: UTMEntry, package: String) throws(LaunchError) {
        if !Files.exists(package) { try Files.makeDirectory(package) }
        var complaint = try ask(tool.delete(entry.uuid)).complaint
        for look in 0..<limits.delete {
            let list = try list()
            // With its package UTM removes the machine, or it was the last one: an empty list alone says nothing.
            let isListed = list.contains { $0.uuid == entry.uuid }
            if !isListed, !list.isEmpty || !Files.exists(package) { return }
            if isListed, complaint != nil, look % 4 == 3 { complaint = try ask(tool.delete(entry.uuid)).complaint }
            pause()
        }
        throw LaunchError(.notDeleted(name: entry.name, said: complaint?.text ?? ""))
    }
}
