import BundleFormat

/// Imports container images once containerd answers.
struct ImageImporter {
    private let session: Session

    init(_ session: Session) { self.session = session }

    /// - Returns: the images that were not imported though nothing they need is absent.
    func importImages(
        _ images: [DesiredPayload], _ manifest: MachineManifest, _ waiting: [WaitingPayload]
    ) throws(ApplyError) -> [String] {
        guard !images.isEmpty, !session.services.isOffline else { return [] }
        let containerd = manifest.units.first { $0.name == "containerd.service" }
        let isExpected = containerd.map { !UnitRules.waits($0, for: waiting) } ?? false
        guard try answers(isExpected: isExpected) else {
            let reason =
                isExpected ? "containerd does not answer; run again once it does" : "containerd is not there yet"
            for image in images { session.report(Event("waiting", image.name, reason)) }
            return isExpected ? images.map(\.name) : []
        }
        var failed: [String] = []
        for image in images {
            let result = try session.services.run(.importImage(image))
            guard result.isSuccess else {
                session.report(Event("failed", image.name, result.lastLines))
                failed.append(image.name)
                continue
            }
            // One at a time, so that an interrupted run does not import all of them again.
            var installed = try session.store.installed()
            installed.images[image.name] = image.digest
            try session.store.write("installed.json", installed.json)
            session.report(.imported(image.name))
        }
        return failed
    }

    private func answers(isExpected: Bool) throws(ApplyError) -> Bool {
        var rounds = isExpected ? session.options.patience * 2 : 0
        while true {
            do {
                if try session.services.run(.containerdVersion).isSuccess { return true }
            } catch {
                guard case .missingProgram = error else { throw error }
                return false
            }
            guard rounds > 0 else { return false }
            rounds -= 1
            session.services.pause(milliseconds: 500)
        }
    }
}
