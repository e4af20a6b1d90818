import Archive
import BundleFormat
import Foundation
import HostSystem
public import Launching
public import Payloads
import SystemPackage
public import Unbundling
import Values

/// What `up` brings beside the bundle: from the bundle itself where it holds payloads, from the store, or from what was named on
/// the command line.
public struct UpSupplies: Supplies {
    public let offer: Offer
    private let bundle: Unbundling.Bundle
    private let contents: DepotContents
    /// What machines boot from, by payload.
    private let bootFiles: [String: (location: BlobLocation, digest: Values.Digest?)]

    /// - Parameters:
    ///   - depot: the directory of a depot that was made before, instead of the store.
    ///   - image: a guest image, instead of the payload.
    public init(
        bundle: Unbundling.Bundle, baseTree: String?, depot: String?, image: String?, store: PayloadStore
    ) async throws {
        self.bundle = bundle
        contents = try await DepotSource.collect(bundle, store, depot: depot, partial: true)
        let hasApplier = contents.files.contains { $0.path == GuestLayout.applier }
        // One that was named is refused now, not when the machines wait for what it lacks.
        if let depot, !hasApplier { throw LaunchError.noDepot(path: depot) }
        var (bootFiles, offered):
            ([String: (location: BlobLocation, digest: Values.Digest?)], [String: Offer.BootFile]) = ([:], [:])
        let images = Set(bundle.launchPlan.machines.map(\.image))
        for payload in bundle.launchPlan.bootPayloads {
            if let image, images.contains(payload) {
                let (location, mark) = try Self.local(image)
                // Nobody pinned a file that was named.
                bootFiles[payload] = (location, nil)
                offered[payload] = .named(file: "\(payload)-\(mark)")
                continue
            }
            guard let digest = bundle.description.payloads.first(where: { $0.name == payload })?.digest else {
                offered[payload] = .unpinned
                continue
            }
            bootFiles[payload] = (bundle.location(of: digest) ?? store.location(of: digest)).map { ($0, digest) }
            offered[payload] =
                bootFiles[payload] == nil
                ? .absent(digest, store: store.root.string) : .pinned(file: "\(payload)-\(digest.hex.prefix(12))")
        }
        self.bootFiles = bootFiles
        let depot = Offer.Depot(
            listing: Values.Digest(hashing: CanonicalJSON.encode(contents.manifest.json)),
            payloads: Set(contents.manifest.payloads.map(\.digest)), hasApplier: hasApplier)
        offer = Offer(baseTree: baseTree, depot: depot, bootFiles: offered)
    }

    /// Reads and compares everything that the steps will place. What the instance has already is not placed again and not read.
    public func check(_ steps: [UpStep]) async throws {
        for step in steps {
            switch step {
            case .fillDepot: try await contents.check()
            case .placeBootFile(let payload, _):
                guard let found = bootFiles[payload], let digest = found.digest else { continue }
                try found.location.check(digest, of: payload)
            default: continue
            }
        }
    }

    public func fillDepot(directory: String) throws {
        try DepotMirror.fill(directory, beside: { try DepotDirectory.write(contents, to: FilePath($0)) })
    }

    public func writeDepot(image: String, listing directory: String) throws {
        let listing = "\(directory)/\(DepotManifest.path)"
        // The list goes first and comes last: it never names what the image does not hold.
        try Files.remove(listing)
        _ = try DepotImage.write(
            contents, epoch: bundle.description.epoch.secondsSince1970, to: FilePath(image))
        try Files.makeDirectory(directory)
        try Files.write(CanonicalJSON.encode(contents.manifest.json), to: listing)
    }

    public func placeBootFile(_ payload: String, at path: String) throws {
        guard let found = bootFiles[payload] else { throw LaunchError.unpinnedBootFile(payload: payload) }
        try found.location.place(at: FilePath(path), expecting: found.digest, of: payload)
    }

    /// A file that was named: its size and time tell it from others without reading a gigabyte.
    private static func local(_ file: String) throws -> (location: BlobLocation, mark: String) {
        let path = URL(fileURLWithPath: file).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let attributes, attributes[.type] as? FileAttributeType == .typeRegular,
            let size = (attributes[.size] as? NSNumber)?.int64Value, let time = attributes[.modificationDate] as? Date
        else { throw LaunchError.unusableImage("there is no image at \(file)") }
        let mark = "\(String(size, radix: 36))-\(String(Int64(time.timeIntervalSince1970 * 1000), radix: 36))"
        return (BlobLocation(file: FilePath(path), size: size), mark)
    }
}

private typealias Files = HostSystem.Files<LaunchError>
