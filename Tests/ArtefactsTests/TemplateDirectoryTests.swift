import Artefacts
import BuildPlan
import Foundation
import TestSupport
import Testing
import Values

/// The templates directory and the plans agree: nothing is missing, nothing lies about.
@Suite struct TemplateDirectoryTests {
    @Test func everyTemplateIsUsedByAPlan() throws {
        let used = try GoldenCluster.all.map { try $0.plan() }.flatMap { plan in
            plan.machines.flatMap { $0.files + $0.seedDocuments } + plan.operator.files
        }
        let names = Set(used.compactMap { Self.template(of: $0.content) })
        let root = Repository.root.appendingPathComponent("templates").path
        let present = Set(
            try FileManager.default.subpathsOfDirectory(atPath: root).filter { path in
                try FileManager.default.attributesOfItem(atPath: "\(root)/\(path)")[.type] as? FileAttributeType
                    == .typeRegular
            })
        let included = Set(
            try present.subtracting(["README.md"]).flatMap { path in
                try RepositoryFiles.text("templates/\(path)").matches(of: /\{\{> ([a-z.\/-]+)\}\}/).map { String($0.1) }
            })
        #expect(present.subtracting(names).subtracting(included) == ["kubernetes/kubeconfig", "README.md"])
        #expect(included.subtracting(present) == [])
        #expect(names.subtracting(present) == [])
    }

    /// Secrets are readable by their owner, at most by a group; nothing is writable by others.
    @Test(arguments: GoldenCluster.all) func modesAreNarrow(cluster: GoldenCluster) throws {
        let plan = try cluster.plan()
        for file in plan.machines.flatMap(\.files) + plan.operator.files {
            #expect(file.mode & 0o022 == 0, "\(file.path) is writable by others")
            if file.content.exposure == .secret { #expect(file.mode & 0o007 == 0, "\(file.path) is secret") }
        }
    }

    private static func template(of content: FileContent) -> String? {
        switch content {
        case .template(let name, _), .program(let name): name.path
        default: nil
        }
    }
}
