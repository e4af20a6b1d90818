import ArgumentParser
import BundleFormat
import Unbundling
import Values

/// `slipway inspect BUNDLE`
struct InspectCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show what a bundle holds: machines, payloads, digests.")

    @Argument(help: "The bundle.", completion: .bundle)
    var bundle: String

    @Option(help: "List this machine's files.")
    var machine: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let opened = try Unbundling.Bundle.open(named: bundle)
            if let machine {
                let described = try opened.machine(machine)
                context.out(
                    output.format == .json
                        ? JSONOutput.line(json(described, in: opened.description))
                        : files(of: described, in: opened.description, width: context.outWidth))
            } else {
                context.out(output.format == .json ? json(opened) : try overview(opened, width: context.outWidth))
            }
        }
    }

    private func json(_ machine: DescribedMachine, in description: BundleDescription) -> JSONValue {
        var object = JSONObject([
            ("name", .string(machine.name)), ("role", .string(machine.role.rawValue)),
            ("address", .string("\(machine.address)")), ("mac", .string("\(machine.mac)")),
            ("line", .integer(machine.line)),
            ("files", .array(description.files(of: machine).map(\.json))),
        ])
        object["configuration"] = description.configuration(of: machine).json
        return .object(object)
    }

    private func json(_ bundle: Unbundling.Bundle) -> String {
        JSONOutput.line([
            "bundleDigest": .string("\(bundle.bundleDigest)"), "publicDigest": .string("\(bundle.publicDigest)"),
            "hasSecretPart": .bool(bundle.secretManifest != nil), "isSealed": .bool(bundle.sealed != nil),
            "description": bundle.description.json,
            "documents": .array(
                bundle.documents.map {
                    ["name": .string($0.name), "digest": .string("\($0.descriptor.digest)")]
                }),
        ])
    }

    private func overview(_ bundle: Unbundling.Bundle, width: Int?) throws -> String {
        let description = bundle.description
        var machines = TextTable("MACHINE", "ROLE", "ADDRESS", "MAC", "CPU", "MEMORY", "DISK", "FILES")
        let launch = bundle.launchPlan
        for (machine, definition) in zip(description.machines, launch.machines) {
            machines.add(
                machine.name, machine.role.rawValue, "\(machine.address)", "\(machine.mac)", "\(definition.cpus)",
                "\(definition.memory.mebibytes) MiB", "\(definition.disk.mebibytes / 1024) GiB",
                "\(machine.files.count)")
        }
        var payloads = TextTable("PAYLOAD", "KIND", "RELEASE", "IN THE BUNDLE", "DIGEST")
        for payload in description.payloads {
            let isIn = payload.digest.map { (bundle.blob($0) != nil) } ?? false
            payloads.add(
                payload.name, payload.kind.rawValue, payload.release, isIn ? "yes" : "no",
                payload.digest.map { "\($0)" } ?? "not pinned")
        }
        var documents = TextTable("DOCUMENT", "MEDIA TYPE", "DIGEST")
        for (name, descriptor) in bundle.documents {
            documents.add(name, descriptor.mediaType, "\(descriptor.digest)")
        }
        return """
            cluster        \(description.name), Kubernetes \(description.kubernetesVersion), \(launch.architecture.rawValue), epoch \(description.epoch)
            API            \(description.api.url)
            public digest  \(bundle.publicDigest)
            bundle digest  \(bundle.bundleDigest)
            secret part    \(secretPart(of: bundle))

            \(machines.text(width: width))
            \(payloads.text(width: width))
            \(documents.text(width: width))
            """
    }

    private func secretPart(of bundle: Unbundling.Bundle) -> String {
        if let sealed = bundle.sealed {
            return "sealed: \(sealed.file.size) bytes that only those whom it was sealed for can read"
        }
        return bundle.secretManifest == nil ? "absent" : "present: keep this file private"
    }

    private func files(of machine: DescribedMachine, in description: BundleDescription, width: Int?) -> String {
        var table = TextTable("FILE", "MODE", "OWNER", "EXPOSURE", "FROM")
        for file in description.files(of: machine) {
            table.add(
                file.path, "\(file.permissions)", "\(file.owner):\(file.group)", file.exposure.rawValue, file.origin)
        }
        return
            "\(machine.name): \(machine.role.rawValue) at \(machine.address), line \(machine.line) of the topology\n\n\(table.text(width: width))"
    }
}
