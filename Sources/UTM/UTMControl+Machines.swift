import Launching

/// What changes machines in UTM, each with a limit to its waiting.
extension UTMControl {
    /// Has UTM open packages, and waits until it lists all of them. One that it lists already stays as it is.
    ///
    /// - Returns: the entries by name.
    func register(_ packages: [(name: String, path: String)]) throws(LaunchError) -> [String: UTMEntry] {
        var (found, said): ([String: UTMEntry], String) = ([:], "")
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
            for package in missing { found[package.name] = entries.first { $0.isNamed(package.name) } }
            if found.count < packages.count { pause() }
        }
        guard let missing = packages.first(where: { found[$0.name] == nil }) else { return found }
        throw LaunchError(
            .notRegistered(
                name: missing.name, package: missing.path, seconds: limits.seconds(limits.register), said: said))
    }

    /// Starts machines and waits until UTM has started each; their guests are booting then.
    func start(_ entries: [UTMEntry]) throws(LaunchError) {
        var complaints: [String: UTMComplaint] = [:]
        for entry in entries {
            // That it runs already is no reason to fail: its state will say so.
            complaints[entry.uuid] = try ask(tool.start(entry.uuid)).complaint
        }
        for entry in entries { try awaitStart(entry, complaints[entry.uuid]) }
    }

    private func awaitStart(_ entry: UTMEntry, _ complaint: UTMComplaint?) throws(LaunchError) {
        var state: UTMState?
        for look in 0..<limits.start {
            state = try self.state(entry.uuid)
            if state == .started { return }
            // UTM answers when the start has ended; what it refused and what is stopped will not start any more.
            if state == nil || (state == .stopped && complaint != nil && look > 1) { break }
            pause()
        }
        throw LaunchError(
            .didNotStart(
                name: entry.name, state: state?.rawValue ?? "gone", seconds: limits.seconds(limits.start),
                said: complaint?.text ?? ""))
    }

    /// Asks the guests to power off, and takes the power from those that have not after `grace` seconds.
    func stop(_ entries: [UTMEntry], grace: Int) throws(LaunchError) {
        var left = entries
        let looks = limits.looks(grace)
        for look in 0..<max(looks, 1) {
            var stillLeft: [UTMEntry] = []
            for entry in left {
                let state = try state(entry.uuid)
                guard let state, state != .stopped else { continue }
                stillLeft.append(entry)
                // Again now and then: a guest that is still booting does not see the button.
                if look % 20 == 0, state == .started, grace > 0 {
                    _ = try ask(tool.stop(entry.uuid, by: .request))
                }
            }
            left = stillLeft
            if left.isEmpty { return }
            if look + 1 < looks { pause() }
        }
        for entry in left { try end(entry) }
    }

    /// Power off, and when that does nothing, killed: UTM takes the power only from what is started.
    private func end(_ entry: UTMEntry) throws(LaunchError) {
        var (state, said): (UTMState?, String) = (entry.state, "")
        for method in [UTMTool.StopMethod.force, .kill] {
            if let complaint = try ask(tool.stop(entry.uuid, by: method)).complaint { said = complaint.text }
            for _ in 0..<limits.force {
                state = try self.state(entry.uuid)
                guard let state, state != .stopped else { return }
                pause()
            }
        }
        throw LaunchError(.didNotStop(name: entry.name, state: state?.rawValue ?? "there", said: said))
    }

    /// Has UTM forget a stopped machine, whereby its package goes too.
    ///
    /// - Parameter package: is made when somebody has removed it: without it UTM fails to delete the machine.
    func delete(_ entry: UTMEntry, package: String) throws(LaunchError) {
        if !Files.exists(package) { try Files.makeDirectory(package) }
        let complaint = try ask(tool.delete(entry.uuid)).complaint
        for _ in 0..<limits.delete {
            if try !list().contains(where: { $0.uuid == entry.uuid }) { return }
            pause()
        }
        throw LaunchError(.notDeleted(name: entry.name, said: complaint?.text ?? ""))
    }
}
