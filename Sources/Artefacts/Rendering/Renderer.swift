public import BuildPlan
import ClusterModel
import PKI

/// Turns planned files into bytes.
///
/// Pure: the same plan, templates and secret give the same bytes. Machines are independent of each other, so a caller may
/// render them on several threads.
public struct Renderer: Sendable {
    private let plan: ClusterPlan
    private let templates: TemplateLibrary

    public init(plan: ClusterPlan, templates: TemplateLibrary) {
        self.plan = plan
        self.templates = templates
    }

    /// - Throws: ``TemplateError``, ``PKIError`` or ``ArtefactError``.
    public func render(_ machine: MachinePlan, from authorities: Authorities) throws -> MachineArtefacts {
        let credentials = try Credentials(for: machine, of: plan.cluster, from: authorities)
        let context = TemplateContext(plan: plan, machine: machine.machine)
        return MachineArtefacts(
            plan: machine, files: try machine.files.map { try render($0, context, credentials) },
            seedDocuments: try machine.seedDocuments.map { try render($0, context, credentials) })
    }

    /// The operator's files.
    ///
    /// - Throws: ``TemplateError``, ``PKIError`` or ``ArtefactError``.
    public func renderOperatorFiles(from authorities: Authorities) throws -> [RenderedFile] {
        let credentials = try Credentials(forOperatorOf: plan, from: authorities)
        let context = TemplateContext(plan: plan, machine: nil)
        return try plan.operator.files.map { try render($0, context, credentials) }
    }

    private func render(
        _ file: FilePlan, _ context: TemplateContext, _ credentials: Credentials
    ) throws -> RenderedFile {
        RenderedFile(plan: file, bytes: try bytes(of: file.content, context, credentials))
    }

    private func bytes(
        of content: FileContent, _ context: TemplateContext, _ credentials: Credentials
    ) throws -> [UInt8] {
        switch content {
        case .template(let name, let exposure):
            let values = try values(for: name, exposure, context, credentials)
            return try templates.template(name).render(values)
        case .kubeconfig(let kind, let server):
            let values = try KubeconfigRenderer.values(for: kind, server: server, plan.cluster, credentials)
            return try templates.template(.kubeconfig).render(values)
        default: return Array(try credentials.text(of: content).utf8)
        }
    }

    private func values(
        for name: TemplateName, _ exposure: Exposure, _ context: TemplateContext, _ credentials: Credentials
    ) throws -> TemplateValues {
        switch TemplateRegistry.sources[name] {
        case .open(let values): return try values(context)
        case .derived(let values):
            // An open file must not depend on the secrets file, or the public digest would.
            guard exposure != .open else { throw ArtefactError.exposureMismatch(name) }
            return try values(context, credentials)
        case nil: throw ArtefactError.noValues(name)
        }
    }
}
