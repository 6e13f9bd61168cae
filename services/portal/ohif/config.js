// What OHIF reads before it starts: where it lies, whose pictures it may ask for, and nothing else.
// The page's address says it all: /v/<viewing>/<site>/<study>/ohif is above everything that is asked.
{
  const page = document.documentElement.dataset;
  const root = location.origin + page.dicomweb;

  window.PUBLIC_URL = "/static/ohif/";
  window.browserImportFunction = (name) => import(name);
  window.config = {
    routerBasename: page.above,
    extensions: [],
    modes: [],
    customizationService: [{ "ohif.tours": { $set: [] } }],
    showStudyList: false,
    showPatientInfo: "visible",
    showWarningMessageForCrossOrigin: false,
    showCPUFallbackMessage: true,
    showLoadingIndicator: true,
    strictZSpacingForVolumeViewport: true,
    maxNumberOfWebWorkers: 2,
    maxNumRequests: { interaction: 6, thumbnail: 2, prefetch: 4 },
    whiteLabeling: {
      createLogoComponentFn: (React) =>
        React.createElement("a", { href: page.above, className: "scanpass-back" }, page.back),
    },
    defaultDataSourceName: "scanpass",
    dataSources: [
      {
        namespace: "@ohif/extension-default.dataSourcesModule.dicomweb",
        sourceName: "scanpass",
        configuration: {
          friendlyName: "Scanpass",
          name: "scanpass",
          qidoRoot: root,
          wadoRoot: root,
          qidoSupportsIncludeField: true,
          imageRendering: "wadors",
          thumbnailRendering: "thumbnail",
          thumbnailRequestStrategy: "fetch",
          enableStudyLazyLoad: true,
          supportsFuzzyMatching: true,
          supportsWildcard: true,
          dicomUploadEnabled: false,
          singlepart: "",
          bulkDataURI: { enabled: true, relativeResolution: "studies" },
          omitQuotationForMultipartRequest: true,
        },
      },
    ],
    httpErrorHandler: () => {},
  };
}
