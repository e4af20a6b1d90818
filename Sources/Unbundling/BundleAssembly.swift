import Archive
package import BundleFormat
package import SystemPackage
package import Values

/// A bundle whose blobs lie elsewhere, one by one: its documents are read, and what else there must be follows from them.
///
/// Whether documents agree and blobs are what they are named is not looked at here: what is assembled is opened and verified as any bundle is.
package struct BundleAssembly {
    /// Where documents come from.
    package protocol Source {
        /// A manifest or index by its digest, checked.
        func manifest(_ digest: Values.Digest) throws -> [UInt8]
        /// Another blob that is held in memory, checked.
        func blob(_ digest: Values.Digest, limit: Int) throws -> [UInt8]
    }

    package let description: BundleDescription
    /// Of the bundle's own index, which a sealed one has as another has it.
    package let bundleDigest: Values.Digest
    package let isSealed: Bool
    private let top: (digest: Values.Digest, size: Int64)
    private let documents: [Values.Digest: [UInt8]]
    private let order: [Values.Digest]
    private let sizes: [Values.Digest: Int64]

    /// The most bytes of a document.
    private static let limit = 32 << 20

    /// - Parameters:
    ///   - index: the index of the layout.
    ///   - admit: is given the bytes of the bundle's own index before anything that it names is read.
    package init(
        index bytes: [UInt8], from source: some Source, admit: (_ index: [UInt8]) throws -> Void
    ) throws {
        var documents: [Values.Digest: [UInt8]] = [:]
        func kept(_ bytes: [UInt8]) -> [UInt8] {
            documents[Values.Digest(hashing: bytes)] = bytes
            return bytes
        }
        func parts(_ bytes: [UInt8], _ names: [String]) throws(FormatError) -> [Descriptor] {
            let manifests = try Index(parsing: bytes).manifests
            guard manifests.count == 2, manifests[0].annotations[AnnotationKeys.part] == "public",
                names.contains(manifests[1].annotations[AnnotationKeys.part] ?? "")
            else { throw .invalidValue(path: "manifests", reason: "expected the two parts of a Slipway bundle") }
            return manifests
        }
        top = (Values.Digest(hashing: bytes), Int64(bytes.count))
        let outer = try parts(kept(bytes), ["secret", "sealed"])
        isSealed = outer[1].annotations[AnnotationKeys.part] == "sealed"
        var (own, inner): ([UInt8], [Descriptor]) = (bytes, outer)
        var sealed: (blobs: [Values.Digest], file: Descriptor)?
        if isSealed {
            let manifest = try Manifest(parsing: kept(source.manifest(outer[1].digest)))
            guard manifest.layers.count == 2 else {
                throw FormatError.invalidValue(path: "layers", reason: "expected a manifest and a sealed file")
            }
            own = try kept(source.blob(manifest.config.digest, limit: 1 << 20))
            inner = try parts(own, ["secret"])
            sealed = ([manifest.layers[1].digest, outer[1].digest, top.digest], manifest.layers[1])
        }
        bundleDigest = Values.Digest(hashing: own)
        try admit(own)
        let publicManifest = try Manifest(parsing: kept(source.manifest(inner[0].digest)))
        description = try BundleDescription(
            parsing: kept(source.blob(publicManifest.config.digest, limit: Self.limit)))
        let secretBytes =
            try isSealed
            ? source.blob(inner[1].digest, limit: Self.limit) : source.manifest(inner[1].digest)
        let secretManifest = try Manifest(parsing: kept(secretBytes))
        order = BundleLayout(description: description).blobOrder(
            publicManifest: publicManifest, publicPart: inner[0].digest,
            secretManifest: isSealed ? nil : secretManifest, secretPart: inner[1].digest, index: bundleDigest,
            sealed: sealed?.blobs ?? [])
        var sizes: [Values.Digest: Int64] = [:]
        let layers = publicManifest.layers + (isSealed ? [] : secretManifest.layers + [secretManifest.config])
        for blob in layers + [sealed?.file].compactMap(\.self) { sizes[blob.digest] = blob.size }
        (self.sizes, self.documents) = (sizes, documents)
    }

    /// What must be brought, and of what else there is: each once, in the file's order.
    ///
    /// - Parameter payloads: those that can be had, with their sizes; what the bundle does not know is left out.
    package func blobs(with payloads: [Values.Digest: Int64]) -> [(digest: Values.Digest, size: Int64)] {
        order.compactMap { digest in
            if documents[digest] != nil { return nil }
            return (sizes[digest] ?? payloads[digest]).map { (digest, $0) }
        }
    }

    /// Writes the bundle's file.
    ///
    /// - Parameters:
    ///   - file: empty, open for writing.
    ///   - open: gives what ``blobs(with:)`` named as an open file of its own, or nil for what is absent.
    package func write(
        to file: FileDescriptor, name: String,
        _ open: (Values.Digest) throws -> (file: FileDescriptor, size: Int64)?
    ) throws {
        var writer = try BundleTarWriter.create(file, name: name, epoch: description.epoch.secondsSince1970)
        for digest in order {
            if let bytes = documents[digest] {
                try writer.append(digest, bytes)
            } else if let (source, size) = try open(digest) {
                defer { try? source.close() }
                try writer.append(digest, copying: source, at: 0, size: size, from: digest.hex)
            }
        }
        try writer.finish(BundleLayout(description: description).topIndex(of: top))
    }
}

extension Bundle {
    /// Of the index that `index.json` names: the bundle's own, or that of the sealed one.
    package var layoutIndex: Values.Digest { sealed?.digest ?? bundleDigest }

    /// The manifests that it names: a registry is sent them as such, and everything else as blobs.
    package var layoutManifests: [Values.Digest] { [publicDigest, sealed?.part ?? secretPart.digest] }

    /// Every blob of the file, in its order.
    package var blobs: [(digest: Values.Digest, place: BlobPlace)] {
        store.members.compactMap { member in
            guard case .blob(let digest) = member.kind else { return nil }
            return store.place(of: digest).map { (digest, $0) }
        }
    }

    /// The blobs that none of its manifests names: payloads, whole or as their members.
    package var payloadBlobs: Set<Values.Digest> {
        var known = Set(
            publicManifest.layers.map(\.digest) + [publicManifest.config.digest, layoutIndex, bundleDigest])
        known.formUnion(layoutManifests)
        let secrets = sealed?.manifest ?? secretManifest
        known.formUnion([BundleLayout.emptyConfig.digest, secretPart.digest])
        known.formUnion((secrets?.layers ?? []).map(\.digest) + [sealed?.file.digest].compactMap(\.self))
        return Set(blobs.map(\.digest)).subtracting(known)
    }

    /// Exactly so many bytes of a blob.
    package func bytes(of place: BlobPlace, at offset: Int64, count: Int) throws -> [UInt8] {
        try store.read(at: place.offset + offset, count: count)
    }
}
