import BuildPlan
import BundleFormat
import ClusterModel
import Values

/// A software bill of materials in SPDX 2.3 (ISO/IEC 5962): every payload with its release, origin and digest.
struct BillOfMaterials {
    let plan: ClusterPlan
    let lock: Lock

    var json: JSONValue {
        let cluster = plan.cluster
        let packages = plan.payloads.map(package)
        let names = plan.payloads.map(identifier)
        return [
            "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "dataLicense": "CC0-1.0",
            "name": .string("slipway-\(cluster.name)"),
            // The namespace must be unique for a document; the same cluster at the same epoch is the same document.
            "documentNamespace": .string("https://slipway.dev/sbom/\(cluster.name)/\(cluster.epoch)"),
            "creationInfo": [
                "created": .string(cluster.epoch.description),
                "creators": [.string("Tool: slipway-\(Release.version)")],
            ],
            "packages": .array(packages),
            "relationships": .array(
                names.map {
                    [
                        "spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                        "relatedSpdxElement": .string($0),
                    ]
                }),
        ]
    }

    private func package(_ payload: PayloadPlan) -> JSONValue {
        let pinned = DescribedPayload(payload, lock: lock)
        var object = JSONObject([
            ("SPDXID", .string(identifier(payload))), ("name", .string(payload.name)),
            ("versionInfo", .string(payload.version)), ("downloadLocation", .string(pinned.url ?? "NOASSERTION")),
            ("filesAnalyzed", false), ("licenseConcluded", "NOASSERTION"), ("licenseDeclared", "NOASSERTION"),
            ("copyrightText", "NOASSERTION"),
        ])
        if let digest = pinned.digest {
            object["checksums"] = [["algorithm": "SHA256", "checksumValue": .string(digest.hex)]]
        }
        return .object(object)
    }

    /// SPDX identifiers hold letters, digits, dots and dashes.
    private func identifier(_ payload: PayloadPlan) -> String {
        "SPDXRef-Package-"
            + payload.name.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "." ? String($0) : "-" }.joined()
    }
}
