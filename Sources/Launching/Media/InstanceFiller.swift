import Archive
public import BundleFormat
import HostSystem
import Unbundling
import Values

/// Brings what is in a bundle into an instance's directory, in the form that the provider's machines take.
struct InstanceFiller {
    let paths: InstancePaths
    let plan: LaunchPlan
    let media: Media

    /// - Returns: the machines whose seed is another one now.
    func fill(from bundle: Bundle) throws -> Set<String> {
        guard let files = try bundle.operatorFiles() else { throw LaunchError.noSecretPart(bundle: bundle.file) }
        try Files.makeDirectory(paths.operatorFiles, mode: 0o700)
        for file in files {
            try Files.write(file.bytes, to: "\(paths.operatorFiles)/\(file.path)", mode: file.permissions.bits)
        }
        var changed: Set<String> = []
        for machine in plan.machines {
            guard let image = try bundle.seedImage(of: machine.name) else {
                throw LaunchError.noSecretPart(bundle: bundle.file)
            }
            let before = try Files.read(paths.machineManifest(of: machine.name))
            try place(image, of: machine.name, subject: "\(bundle.file): the seed of \(machine.name)")
            if try Files.read(paths.machineManifest(of: machine.name)) != before { changed.insert(machine.name) }
        }
        return changed
    }

    private func place(_ image: [UInt8], of machine: String, subject: String) throws {
        try Files.makeDirectory(paths.machine(machine))
        switch media {
        case .directories: try SeedDirectory.fill(paths.seed(of: machine), from: image, subject: subject)
        case .images:
            let entries = try ISOReader.entries(in: image, subject: subject)
            guard let manifest = entries.first(where: { $0.path == MachineManifest.path })?.content else {
                throw LaunchError.damaged(path: subject, reason: "it has no \(MachineManifest.path)")
            }
            try Files.write(image, to: paths.seedImage(of: machine), mode: 0o600)
            // Last: whoever compares it finds the seed that it belongs to.
            let directory = "\(paths.seed(of: machine))/slipway"
            try Files.makeDirectory(directory, mode: 0o700)
            try Files.write(manifest, to: paths.machineManifest(of: machine), mode: 0o600)
        }
    }

    /// - Returns: whether machines that run have another depot now than the one they were started with.
    func fillDepot(from supplies: some Supplies) throws -> Bool {
        switch media {
        case .directories:
            try supplies.fillDepot(directory: paths.depot)
            return false
        case .images: return try supplies.writeDepot(image: paths.depotImage, listing: paths.depot)
        }
    }

    /// - Returns: the files that machines boot from, by payload.
    func placeBootFiles(from supplies: some Supplies) throws -> [String: String] {
        guard media == .images else { return [:] }
        try Files.makeDirectory(paths.images)
        var files: [String: String] = [:]
        for payload in plan.bootPayloads {
            let file = try supplies.bootFile(payload)
            if !Files.exists(paths.image(file)) { try supplies.placeBootFile(payload, at: paths.image(file)) }
            files[payload] = file
        }
        return files
    }
}

extension LaunchPlan {
    /// What machines boot from, sorted.
    public var bootPayloads: [String] {
        Set(machines.map(\.image) + [boot?.kernel, boot?.initrd].compactMap { $0 }).sorted()
    }
}
