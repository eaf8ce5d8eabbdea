//! Spans go out under the names of their services: `goalpost dev` runs several in one process.

use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{self, SpanData};

use crate::trace_context::SERVICE;

/// One exporter a service: OTLP names the service once for many spans.
#[derive(Debug)]
pub(crate) struct ByService(Vec<(&'static str, SpanExporter)>);

impl ByService {
    /// Exporters to the endpoint. Spans that name none of the services go to the first.
    pub(crate) fn new(endpoint: &str, services: &[&'static str]) -> Result<Self, ExporterBuildError> {
        let exporters = services.iter().map(|service| Ok((*service, exporter(endpoint, service)?)));
        exporters.collect::<Result<_, _>>().map(Self)
    }

    fn place(&self, span: &SpanData) -> usize {
        let named = span.attributes.iter().find(|attribute| attribute.key.as_str() == SERVICE);
        let named = named.map(|attribute| attribute.value.as_str());
        self.0.iter().position(|(service, _)| named.as_deref() == Some(service)).unwrap_or(0)
    }
}

fn exporter(endpoint: &str, service: &'static str) -> Result<SpanExporter, ExporterBuildError> {
    let mut exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
    let resource = Resource::builder().with_service_name(service).build();
    trace::SpanExporter::set_resource(&mut exporter, &resource);
    Ok(exporter)
}

impl trace::SpanExporter for ByService {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let mut parts: Vec<Vec<SpanData>> = self.0.iter().map(|_| Vec::new()).collect();
        for span in batch {
            parts[self.place(&span)].push(span);
        }
        let mut outcome = Ok(());
        for ((_, exporter), part) in self.0.iter().zip(parts) {
            if !part.is_empty() {
                outcome = outcome.and(exporter.export(part).await);
            }
        }
        outcome
    }
}
