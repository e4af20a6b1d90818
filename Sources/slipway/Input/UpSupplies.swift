import Archive
import BundleFormat
import ClusterModel
import Foundation
import Launching
import Payloads
import SystemPackage
import Unbundling
import Values

/// What `up` brings beside the bundle: from the bundle itself where it holds payloads, from the store, or from what was named on
/// the command line.
struct UpSupplies: Supplies {
    let bundle: Unbundling.Bundle
    let baseTree: String?
    /// A guest image instead of the payload.
    let image: String?
    let contents: DepotContents
    let store: PayloadStore

    /// - Parameter depot: a depot that was made before; nil for one from the store.
    init(
        bundle: Unbundling.Bundle, baseTree: String?, depot: String?, image: String?, store: PayloadStore
    ) async throws {
        contents = try await DepotSource.collect(bundle, store, depot: depot, partial: true)
        (self.bundle, self.baseTree, self.image, self.store) = (bundle, baseTree, image, store)
    }

    /// Reads and compares everything that will be placed, so that what was exchanged is refused before anything is changed. What the
    /// instance has already is not placed again and not read.
    func check(_ paths: InstancePaths, _ media: Media) async throws {
        let files = FileManager.default
        let listed = files.contents(atPath: "\(paths.depot)/\(DepotManifest.path)")
        if listed != Data(CanonicalJSON.encode(contents.manifest.json)) { try await contents.check() }
        guard media == .images else { return }
        for payload in bundle.launchPlan.bootPayloads {
            let found = try located(payload)
            guard let digest = found.digest, !files.fileExists(atPath: paths.image(try bootFile(payload))) else {
                continue
            }
            try found.location.check(digest, of: payload)
        }
    }

    func fillDepot(directory: String) throws {
        try DepotMirror.fill(directory, beside: { try DepotDirectory.write(contents, to: FilePath($0)) })
    }

    func writeDepot(image: String, listing directory: String) throws -> Bool {
        let listing = "\(directory)/\(DepotManifest.path)"
        let manifest = CanonicalJSON.encode(contents.manifest.json)
        let files = FileManager.default
        if files.contents(atPath: listing) == Data(manifest), files.fileExists(atPath: image) { return false }
        let wasThere = files.fileExists(atPath: image)
        // The list goes first and comes last: it never names what the image does not hold.
        try? files.removeItem(atPath: listing)
        _ = try DepotImage.write(contents, epoch: bundle.description.epoch.secondsSince1970, to: FilePath(image))
        try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
        guard files.createFile(atPath: listing, contents: Data(manifest)) else {
            throw CommandFailure(.environment, "cannot write \(listing)")
        }
        return wasThere
    }

    var replacesBootFiles: Bool { image != nil }

    func bootFile(_ payload: String) throws -> String { "\(payload)-\(try located(payload).mark)" }

    func placeBootFile(_ payload: String, at path: String) throws {
        let found = try located(payload)
        try found.location.place(at: FilePath(path), expecting: found.digest, of: payload)
    }

    /// Where the file is, what tells it from others of the same name, and what its bytes must be: nobody pinned a file that was named.
    private func located(_ payload: String) throws -> (location: BlobLocation, mark: String, digest: Values.Digest?) {
        if let image, bundle.launchPlan.machines.contains(where: { $0.image == payload }) { return try local(image) }
        guard let described = bundle.description.payloads.first(where: { $0.name == payload }),
            let digest = described.digest
        else {
            throw CommandFailure(
                .input, "the machines boot from the payload '\(payload)', which no lock file pins",
                help: "name an image with --image FILE, or pin it with 'slipway lock' and build the bundle again")
        }
        guard let location = bundle.location(of: digest) ?? store.location(of: digest) else {
            throw CommandFailure(
                .environment,
                "the machines boot from the payload '\(payload)' (\(digest)), which is not in \(store.root)",
                help: "bring it with 'slipway fetch SPEC', or name a file with --image FILE")
        }
        return (location, String(digest.hex.prefix(12)), digest)
    }

    /// A file that was named: its size and time tell it from others without reading a gigabyte.
    private func local(_ file: String) throws -> (location: BlobLocation, mark: String, digest: Values.Digest?) {
        let path = URL(fileURLWithPath: file).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let attributes, attributes[.type] as? FileAttributeType == .typeRegular,
            let size = (attributes[.size] as? NSNumber)?.int64Value, let time = attributes[.modificationDate] as? Date
        else { throw CommandFailure(.input, "there is no image at \(file)") }
        let mark = "\(String(size, radix: 36))-\(String(Int64(time.timeIntervalSince1970 * 1000), radix: 36))"
        return (BlobLocation(file: FilePath(path), size: size), mark, nil)
    }
}
