import Archive
package import BundleFormat
package import Values

/// What a bundle with a description holds, and in which order: the one place that says so. A bundle that is laid out otherwise is
/// refused when it is opened.
///
///     oci-layout
///     blobs/sha256/…   for each machine: the open files that no machine before it had, then its own files
///     blobs/sha256/…   launch.json, the operator's files, the payloads that are in the bundle
///     blobs/sha256/…   description, bill of materials, provenance, public manifest, {}, secret manifest, index
///     index.json
///
/// Sealed, the machines' own files and the operator's are missing, and before `index.json` stand, behind the bundle's own documents, the
/// sealed file, its manifest and the index that the layout then has:
///
///     index.json → sealed index ─┬─ public manifest
///                                └─ sealed manifest   config: the bundle's index; layers: its secret manifest, the sealed file
package struct BundleLayout {
    package let description: BundleDescription

    package init(description: BundleDescription) { self.description = description }

    /// Layers of the public manifest: every open file once, in the order of the file table, then the documents.
    ///
    /// Nothing of it is free: it follows from the description.
    private func publicLayers(_ config: Values.Digest) throws(FormatError) -> [Descriptor] {
        var layers: [Descriptor] = []
        var sizes: [Values.Digest: Int64] = [:]
        for (index, file) in description.files.enumerated() {
            guard let digest = file.digest, let size = file.size else { continue }
            if let known = sizes[digest] {
                guard known == size else {
                    throw .invalidValue(
                        path: "files[\(index)].size", reason: "\(digest) has \(known) bytes elsewhere, here \(size)"
                    )
                }
                continue
            }
            sizes[digest] = size
            layers.append(Descriptor(mediaType: MediaTypes.file, digest: digest, size: size))
        }
        layers.append(
            Descriptor(
                mediaType: MediaTypes.launch, digest: description.launch.digest, size: description.launch.size,
                annotations: [AnnotationKeys.title: "launch.json"]))
        return layers
            + documents(about: config).map { document in
                Descriptor(
                    mediaType: document.mediaType, digest: Values.Digest(hashing: document.bytes),
                    size: Int64(document.bytes.count), annotations: [AnnotationKeys.title: document.title])
            }
    }

    /// A document that follows from the description, for programs that know nothing of Slipway.
    package struct Document {
        package let title: String
        package let mediaType: String
        package let bytes: [UInt8]
    }

    /// - Parameter config: the description's digest.
    package func documents(about config: Values.Digest) -> [Document] {
        [
            Document(
                title: "sbom.spdx.json", mediaType: MediaTypes.billOfMaterials,
                bytes: CanonicalJSON.encode(description.billOfMaterials(of: config))),
            Document(
                title: "provenance.intoto.json", mediaType: MediaTypes.provenance,
                bytes: CanonicalJSON.encode(description.provenance(of: config))),
        ]
    }

    package func publicManifest(config: Descriptor) throws(FormatError) -> Manifest {
        Manifest(
            artifactType: MediaTypes.publicPart, config: config, layers: try publicLayers(config.digest),
            annotations: [AnnotationKeys.cluster: description.name, AnnotationKeys.part: "public"])
    }

    /// The config of the public manifest.
    static func config(_ bytes: [UInt8]) -> Descriptor {
        Descriptor(
            mediaType: MediaTypes.description, digest: Values.Digest(hashing: bytes), size: Int64(bytes.count))
    }

    /// The secret manifest; of each layer only digest and size are free.
    package func secretManifest(layers: [(digest: Values.Digest, size: Int64)]) -> Manifest {
        var named = zip(description.machines, layers).map { machine, layer in
            Descriptor(
                mediaType: MediaTypes.machineFiles, digest: layer.digest, size: layer.size,
                annotations: [AnnotationKeys.title: "\(machine.name).tar", AnnotationKeys.machine: machine.name])
        }
        if let last = layers.dropFirst(description.machines.count).first {
            named.append(
                Descriptor(
                    mediaType: MediaTypes.operatorFiles, digest: last.digest, size: last.size,
                    annotations: [AnnotationKeys.title: "operator.tar"]))
        }
        return Manifest(
            artifactType: MediaTypes.secretPart, config: Self.emptyConfig, layers: named,
            annotations: [AnnotationKeys.cluster: description.name, AnnotationKeys.part: "secret"])
    }

    package static let emptyConfigBytes = [UInt8]("{}".utf8)

    package static var emptyConfig: Descriptor {
        Descriptor(
            mediaType: MediaTypes.emptyConfig, digest: Values.Digest(hashing: emptyConfigBytes),
            size: Int64(emptyConfigBytes.count))
    }

    /// The bundle's index over its two parts, each a manifest by digest and size.
    package func index(
        publicPart: (digest: Values.Digest, size: Int64), secretPart: (digest: Values.Digest, size: Int64)
    ) -> Index {
        self.index([("public", publicPart), ("secret", secretPart)])
    }

    private func index(_ parts: [(name: String, part: (digest: Values.Digest, size: Int64))]) -> Index {
        Index(
            manifests: parts.map { name, part in
                Descriptor(
                    mediaType: MediaTypes.manifest, digest: part.digest, size: part.size,
                    annotations: [AnnotationKeys.part: name])
            }, annotations: [AnnotationKeys.cluster: description.name])
    }

    // MARK: Sealed

    /// A blob by digest and size.
    package typealias Part = (digest: Values.Digest, size: Int64)

    /// What takes the place of the secret manifest when that is sealed: with it goes all that makes the bundle comparable, so that only
    /// contents are hidden. The media types are ours: a registry looks for the layers of what it takes for a manifest.
    package func sealedManifest(index: Part, secretPart: Part, sealed: Part) -> Manifest {
        Manifest(
            artifactType: MediaTypes.sealedPart,
            config: Descriptor(mediaType: MediaTypes.sealedIndex, digest: index.digest, size: index.size),
            layers: [
                Descriptor(
                    mediaType: MediaTypes.sealedManifest, digest: secretPart.digest, size: secretPart.size,
                    annotations: [AnnotationKeys.title: "secret.json"]),
                Descriptor(
                    mediaType: MediaTypes.sealedFiles, digest: sealed.digest, size: sealed.size,
                    annotations: [AnnotationKeys.title: "secret.tar.age"]),
            ], annotations: [AnnotationKeys.cluster: description.name, AnnotationKeys.part: "sealed"])
    }

    /// The index of a layout whose secret part is sealed.
    package func sealedIndex(publicPart: Part, sealedPart: Part) -> Index {
        self.index([("public", publicPart), ("sealed", sealedPart)])
    }

    /// `index.json`: one entry, which tools that copy images select by its name.
    package func topIndex(of index: (digest: Values.Digest, size: Int64)) -> Index {
        Self.topIndex(of: index, named: description.name)
    }

    package static func topIndex(of index: (digest: Values.Digest, size: Int64), named name: String) -> Index {
        Index(manifests: [
            Descriptor(
                mediaType: MediaTypes.index, digest: index.digest, size: index.size,
                annotations: [AnnotationKeys.referenceName: name])
        ])
    }

    /// Every blob a bundle may hold, in the order of the file, each once.
    ///
    /// - Parameters:
    ///   - payloads: the payloads' blobs that count; nil for all.
    ///   - secretManifest: of a bundle whose secret part is there, in the clear.
    ///   - sealed: what is behind the index of one whose secret part is sealed.
    func blobOrder(
        payloads: [Values.Digest]? = nil, publicManifest: Manifest, publicPart: Values.Digest,
        secretManifest: Manifest?, secretPart: Values.Digest,
        index: Values.Digest, sealed: [Values.Digest] = []
    ) -> [Values.Digest] {
        var order: [Values.Digest] = []
        var (nextFile, secretLayers) = (0, secretManifest?.layers ?? [])
        for (place, machine) in description.machines.enumerated() {
            while nextFile <= (machine.files.max() ?? -1) {
                if let digest = description.files[nextFile].digest { order.append(digest) }
                nextFile += 1
            }
            if place < secretLayers.count { order.append(secretLayers[place].digest) }
        }
        secretLayers = Array(secretLayers.dropFirst(description.machines.count))
        order.append(description.launch.digest)
        order += secretLayers.map(\.digest) + (payloads ?? description.payloadBlobs.map(\.digest))
        order.append(publicManifest.config.digest)
        // The documents that follow from it.
        order += publicManifest.layers.suffix(2).map(\.digest)
        order.append(publicPart)
        if secretManifest != nil { order += [Self.emptyConfig.digest, secretPart] }
        if !sealed.isEmpty { order.append(secretPart) }
        order.append(index)
        order += sealed
        var seen: Set<Values.Digest> = []
        return order.filter { seen.insert($0).inserted }
    }
}
